package guest

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// startConfined starts the program with what it is denied, from a thread that
// does nothing else.
func (p program) startConfined() (pid int, ended *Status, err error) {
	sys := &syscall.SysProcAttr{}
	keep := func(capability int) bool { return capability != unix.CAP_SYS_RESOURCE }
	if p.limits != nil {
		p.limits.limitNumbers()
	}
	if p.sandbox != nil {
		if err := p.sandbox.enter(); err != nil {
			return 0, nil, fmt.Errorf("sandbox: %w", err)
		}
		keep, sys.Setsid = keptInSandbox, p.sandbox.Alone
	}
	if err := giveUp(keep); err != nil {
		return 0, nil, err
	}
	if p.limits == nil {
		pid, err = p.fork(sys)
		return pid, nil, err
	}
	return p.startLimited(sys)
}

func (p program) startLimited(sys *syscall.SysProcAttr) (pid int, ended *Status, err error) {
	sys.Ptrace = true
	if pid, err = p.fork(sys); err == nil {
		ended, err = p.release(pid)
		return pid, ended, err
	}
	// It may be that this process may not trace. Then the limits come an
	// instant later than they should.
	if failed, ok := errors.AsType[*ProgramError](err); !ok || failed.Reason != syscall.EPERM.Error() {
		return 0, nil, err
	}
	sys.Ptrace = false
	if pid, err = p.fork(sys); err == nil {
		err = p.limits.set(pid)
	}
	return pid, nil, err
}

// release gives its limits to a program that stands still before its first
// instruction, as a traced one does (ptrace(2)), and lets it go.
func (p program) release(pid int) (ended *Status, err error) {
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(pid, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return nil, err
		case status.Exited():
			return &Status{Code: status.ExitStatus()}, nil
		case status.Signaled():
			return &Status{Signal: status.Signal()}, nil
		case status.StopSignal() == syscall.SIGTRAP:
			err := p.limits.set(pid)
			return nil, errors.Join(err, syscall.PtraceDetach(pid))
		}
		// A signal from elsewhere was faster.
		if err := syscall.PtraceCont(pid, int(status.StopSignal())); err != nil && err != syscall.ESRCH {
			return nil, err
		}
	}
}

// giveUp takes all capabilities from what this thread will execute but those
// that are to be kept, for ever: not even its root gets them back
// (capabilities(7)).
func giveUp(keep func(capability int) bool) error {
	for capability := 0; ; capability++ {
		if keep(capability) && capability <= unix.CAP_LAST_CAP {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0)
		if err == syscall.EINVAL { // there are no more
			break
		}
		if err != nil {
			return fmt.Errorf("give up capability %d: %w", capability, err)
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	data[0].Inheritable, data[1].Inheritable = 0, 0
	return unix.Capset(&header, &data[0])
}
