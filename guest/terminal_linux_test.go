package guest

import (
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
)

func TestTerminalIsTheProgram(t *testing.T) {
	needGuests(t)
	cmd := runCommand(t, "sh", "-c", "test -t 0 && test -t 1 && test -t 2 && stty size && echo end")
	_, out := onTerminal(t, cmd)
	if got := out.until("end"); !strings.Contains(got, "24 80") {
		t.Errorf("got %q", got)
	}
}

func TestWindowChange(t *testing.T) {
	needGuests(t)
	terminal, out := onTerminal(t, bash(t, `run bash -c 'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.02; done'`))
	out.until("ready")
	if err := pty.Setsize(terminal, &pty.Winsize{Rows: 50, Cols: 132}); err != nil {
		t.Fatal(err)
	}
	out.until("50 132")
}

// Ctrl-C ends the program and not the one that runs it, which still has its
// exit code to say. The program starts no child: dash would now and then miss a
// Ctrl-C that comes just then, also without us.
func TestControlC(t *testing.T) {
	needGuests(t)
	terminal, out := onTerminal(t, bash(t, `trap : INT; run bash -c 'echo ready; read'; echo code $?`))
	out.until("ready")
	typed(t, terminal, "\x03")
	out.until("code 130")
}

// A program may use Ctrl-C as it likes.
func TestControlCCaught(t *testing.T) {
	needGuests(t)
	terminal, out := onTerminal(t, counter(t))
	out.until("ready")
	for range 3 {
		typed(t, terminal, "\x03")
		out.until("got interrupt")
	}
	typed(t, terminal, "\x1c") // Ctrl-\
	out.until("got quit")
}

// outsideShell is an interactive shell on a terminal, for which run is a
// program like any other, and at its prompt.
func outsideShell(t *testing.T) (*os.File, *lines) {
	t.Helper()
	cmd := bash(t, "")
	cmd.Args = []string{"bash", "--norc", "-i"}
	cmd.Env = append(cmd.Env, "PS1=outside$ ", "HISTFILE=")
	terminal, out := onTerminal(t, cmd)
	out.until("outside$ ")
	typed(t, terminal, `run() { (exec -a run "$RUN" "$@"); }`+"\n")
	out.until("outside$ ")
	return terminal, out
}

// The shell outside stops the program by Ctrl-Z and continues it.
func TestControlZ(t *testing.T) {
	needGuests(t)
	terminal, out := outsideShell(t)
	typed(t, terminal, `run sh -c 'echo rea""dy; read line; echo "line was $line"'`+"\n")
	out.until("ready")
	typed(t, terminal, "\x1a")
	out.until("Stopped")
	out.until("outside$ ")
	typed(t, terminal, "jobs\n")
	out.until("Stopped")
	out.until("outside$ ")
	typed(t, terminal, "fg\n")
	eventually(t, "the program has the terminal", func() bool { return inForeground("read line") })
	typed(t, terminal, "hello\n")
	out.until("line was hello")
	out.until("outside$ ")
}

// A program that stops only itself stops what runs it, so that the shell
// outside sees it.
func TestProgramStopsItself(t *testing.T) {
	needGuests(t)
	terminal, out := outsideShell(t)
	typed(t, terminal, `run sh -c 'kill -STOP $$; echo conti""nued'`+"\n")
	out.until("Stopped")
	out.until("outside$ ")
	typed(t, terminal, "fg\n")
	out.until("continued")
	out.until("outside$ ")
}

// An interactive shell inside has job control, and the terminal comes back
// when it ends.
func TestInteractiveShell(t *testing.T) {
	needGuests(t)
	for _, mode := range []string{"JOB=1", "JOB="} {
		t.Run(mode, func(t *testing.T) {
			cmd := bash(t, `PS1='inside$ ' run bash --norc -i; echo "code $?"; read line; echo "outside read $line"`)
			cmd.Env = append(cmd.Env, "HISTFILE=", mode)
			terminal, out := onTerminal(t, cmd)
			out.until("inside$ ")
			typed(t, terminal, "sleep 1000\n")
			out.until("sleep 1000")
			eventually(t, "sleep runs", func() bool { return len(marked("sleep\x001000")) > 0 })
			typed(t, terminal, "\x1a")
			out.until("Stopped")
			out.until("inside$ ")
			typed(t, terminal, "fg\n")
			eventually(t, "sleep is in the foreground", func() bool { return inForeground("sleep\x001000") })
			typed(t, terminal, "\x03")
			out.until("inside$ ")
			typed(t, terminal, "hostname; exit 9\n")
			out.until("alice")
			out.until("code 9")
			typed(t, terminal, "again\n")
			out.until("outside read again")
		})
	}
}

// dash cannot end without an error in a process group that it does not see;
// as a job it can.
func TestOtherShellAsJob(t *testing.T) {
	needGuests(t)
	cmd := runCommand(t, "dash", "-i")
	cmd.Env = append(cmd.Env, "JOB=1", "PS1=inside$ ")
	terminal, out := onTerminal(t, cmd)
	out.until("inside$ ")
	typed(t, terminal, "exit 4\n")
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 4 {
		t.Errorf("%v; said %q", err, out.text)
	}
}
