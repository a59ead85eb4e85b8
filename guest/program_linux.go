package guest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// A program is what the guest is there to run.
type program struct {
	args    []string
	job     bool
	limits  *Limits
	sandbox *confinement
}

// start starts it as a child of this process, with its descriptors 0 to 2, its
// directory and its environment. The errors are what a shell would say. If it
// has ended already, ended says how.
func (p program) start() (pid int, ended *Status, err error) {
	if p.limits == nil && p.sandbox == nil {
		pid, err = p.fork(&syscall.SysProcAttr{})
		return pid, nil, err
	}
	// Some of what a program is denied, its parent must give up before it, and
	// this is a matter of the parent's thread: here, one that ends right after.
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		pid, ended, err = p.startConfined()
	}()
	<-done
	return pid, ended, err
}

func (p program) fork(sys *syscall.SysProcAttr) (pid int, err error) {
	path, err := exec.LookPath(p.args[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return 0, programError(p.args[0], err)
	}
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: sys}
	if terminal, ok := terminalAmong(attr.Files); ok && p.job {
		sys.Foreground, sys.Ctty = true, terminal
	}
	pid, err = syscall.ForkExec(path, p.args, attr)
	if err == syscall.ENOEXEC {
		// A script without #! belongs to the shell: execvp(3).
		pid, err = syscall.ForkExec("/bin/sh", append([]string{"sh", path}, p.args[1:]...), attr)
	}
	if err != nil {
		return 0, programError(p.args[0], err)
	}
	return pid, nil
}

func terminalAmong(files []uintptr) (int, bool) {
	for _, fd := range files {
		if _, err := unix.IoctlGetTermios(int(fd), unix.TCGETS); err == nil {
			return int(fd), true
		}
	}
	return 0, false
}

// programError sorts the errors as POSIX wants it of a shell (XCU §2.8.2).
func programError(name string, err error) *ProgramError {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return &ProgramError{name, 127, "command not found"}
	case errors.Is(err, fs.ErrNotExist):
		return &ProgramError{name, 127, "no such file or directory"}
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return &ProgramError{name, 126, errno.Error()}
	}
	return &ProgramError{name, 126, err.Error()}
}
