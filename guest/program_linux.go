package guest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// startProgram starts args as a child of this process, with its descriptors 0
// to 2, its directory and its environment. The errors are what a shell would
// say.
func startProgram(args []string, job bool) (pid int, err error) {
	path, err := exec.LookPath(args[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return 0, programError(args[0], err)
	}
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}}
	if terminal, ok := terminalAmong(attr.Files); ok && job {
		attr.Sys = &syscall.SysProcAttr{Foreground: true, Ctty: terminal}
	}
	pid, err = syscall.ForkExec(path, args, attr)
	if err == syscall.ENOEXEC {
		// A script without #! belongs to the shell: execvp(3).
		pid, err = syscall.ForkExec("/bin/sh", append([]string{"sh", path}, args[1:]...), attr)
	}
	if err != nil {
		return 0, programError(args[0], err)
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
