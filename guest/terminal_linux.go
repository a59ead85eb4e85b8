package guest

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A terminal is this process's controlling terminal, which the guest's
// program uses directly: it reads its keys, sets its modes, and the kernel
// sends it Ctrl-C, Ctrl-Z and window changes. There is nothing in between.
type terminal struct{ file *os.File }

// foreground opens the terminal if this process's group is the one that it
// belongs to at this moment, else returns nil.
func foreground() *terminal {
	file, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil
	}
	t := &terminal{file}
	if group, err := t.group(); err != nil || group != unix.Getpgrp() {
		file.Close()
		return nil
	}
	return t
}

func (t *terminal) group() (int, error) {
	return unix.IoctlGetInt(int(t.file.Fd()), unix.TIOCGPGRP)
}

// takeBack makes this process's group the terminal's again, and closes t. A
// shell that ran inside has made its own group that, and cannot undo it: from
// inside its PID namespace it does not see this one.
func (t *terminal) takeBack() {
	if t == nil {
		return
	}
	defer t.file.Close()
	if group, err := t.group(); err != nil || group == unix.Getpgrp() {
		return
	}
	// Whoever does this from the background is stopped by SIGTTOU, unless the
	// calling thread blocks it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var ttou, before unix.Sigset_t
	ttou.Val[0] = 1 << (unix.SIGTTOU - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &ttou, &before); err != nil {
		return
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
	_ = unix.IoctlSetPointerInt(int(t.file.Fd()), unix.TIOCSPGRP, unix.Getpgrp())
}
