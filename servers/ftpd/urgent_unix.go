//go:build unix

package ftpd

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// takeUrgentInline has TCP's urgent data read with all other: clients send the
// last byte of ABOR as urgent (RFC 959 §4.1.3), and the kernel would set it aside.
func takeUrgentInline(conn net.Conn) {
	s, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := s.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) })
	}
}
