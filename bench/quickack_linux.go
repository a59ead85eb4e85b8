package main

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// acknowledgeAtOnce turns delayed acknowledgments off, until the kernel turns them
// on again: it must be said before each read. A peer that writes twice without
// TCP_NODELAY waits for the acknowledgment of the first, 40 ms (RFC 9293 §3.8.6.3),
// and that is not what is to be measured.
func acknowledgeAtOnce(conn net.Conn) {
	if raw, err := conn.(syscall.Conn).SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) })
	}
}
