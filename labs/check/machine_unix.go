//go:build unix

package check

import (
	"os"
	"os/exec"
	"syscall"

	"github.com/wirebook/wirebook/guest"
)

// ownGroup has what the program starts end with it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { killGroup(cmd); return nil }
}

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

func statusOf(s *os.ProcessState) guest.Status {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return guest.Status{Signal: w.Signal()}
	}
	return guest.Status{Code: s.ExitCode()}
}
