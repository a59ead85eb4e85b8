//go:build unix

package netx

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// reuseAddr lets a new connection take a source port whose last connection is
// still in TIME-WAIT (RFC 9293 §3.4.2 says when that is safe).
func reuseAddr(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	})
	if err != nil {
		return err
	}
	return failed
}
