package ftpd

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// silence ends the listening of a listener that must stay open. The library opens
// one at every address of the machine, which nobody is to reach.
func silence(ln net.Listener) {
	s, ok := ln.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := s.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { unix.Shutdown(int(fd), unix.SHUT_RDWR) })
	}
}
