package durable

import (
	"os"

	"golang.org/x/sys/windows"
)

// Lock locks a file, for this opening of it: another one of the same process is
// kept out, too. The kernel frees it when the file is closed or the process ends.
// Without wait, [ErrLocked] is that somebody has it.
func Lock(f *os.File, wait bool) error {
	how := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK)
	if !wait {
		how |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	beyond := &windows.Overlapped{OffsetHigh: 1 << 30} // what is locked nobody can read or write here
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, beyond)
	if err == windows.ERROR_LOCK_VIOLATION {
		return ErrLocked
	}
	return os.NewSyscallError("LockFileEx", err)
}
