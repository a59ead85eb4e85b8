//go:build unix

package durable

import (
	"os"

	"golang.org/x/sys/unix"
)

// Lock locks a file, for this opening of it: another one of the same process is
// kept out, too. The kernel frees it when the file is closed or the process ends.
// Without wait, [ErrLocked] is that somebody has it.
func Lock(f *os.File, wait bool) error {
	how := unix.LOCK_EX
	if !wait {
		how |= unix.LOCK_NB
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for {
			failed = unix.Flock(int(fd), how)
			if failed != unix.EINTR {
				return
			}
		}
	})
	switch {
	case err != nil:
		return err
	case failed == unix.EWOULDBLOCK:
		return ErrLocked
	}
	return os.NewSyscallError("flock", failed)
}
