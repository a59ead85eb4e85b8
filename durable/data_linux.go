package durable

import (
	"os"

	"golang.org/x/sys/unix"
)

// SyncData waits until what was written is on the disk. It leaves out what a
// reader does not need, such as the time of the last change.
func SyncData(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = unix.Fdatasync(int(fd)) }); err != nil {
		return err
	}
	return os.NewSyscallError("fdatasync", failed)
}
