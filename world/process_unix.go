//go:build unix

package world

import (
	"errors"
	"syscall"
)

// runs reports whether there is a process of that ID.
func runs(process int) bool {
	return !errors.Is(syscall.Kill(process, 0), syscall.ESRCH)
}
