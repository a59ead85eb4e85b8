package main

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// discard waits for what comes on conn, and drops it without looking at it, in the
// kernel (MSG_TRUNC, tcp(7)): to copy a large file takes a client as long as it
// takes a server to send it, and the client is not what is to be measured. n is 0
// at the end.
func discard(conn net.Conn, buffer []byte) (n int, err error) {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var errno syscall.Errno
	err = raw.Read(func(fd uintptr) bool {
		got, _, failed := unix.Syscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), unix.MSG_TRUNC, 0, 0)
		n, errno = int(got), failed
		return failed != unix.EAGAIN
	})
	if err == nil && errno != 0 {
		n, err = 0, errno
	}
	return n, err
}
