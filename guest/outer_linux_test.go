package guest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/wirebook/wirebook/internal/peer"
)

// A command of these runs a guest in a process of its own, which can be
// signalled, killed and given a terminal: `run ARGS…`.
func runCommand(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self)
	cmd.Args = append([]string{"run"}, args...)
	cmd.Env = append(os.Environ(), "RUN="+self)
	return cmd
}

// bash runs a script in which `run` is the function that runs a guest.
func bash(t testing.TB, script string) *exec.Cmd {
	t.Helper()
	cmd := runCommand(t)
	cmd.Path = peer.Path(t, "bash", "bash")
	cmd.Args = []string{"bash", "--norc", "-c", `run() { (exec -a run "$RUN" "$@"); }; ` + script}
	return cmd
}

// started starts cmd with its standard output read by the test.
func started(t testing.TB, cmd *exec.Cmd) *lines {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return &lines{t: t, r: out, stop: func() { cmd.Process.Kill() }}
}

// onTerminal starts cmd as the first process of a terminal's session and
// returns the terminal.
func onTerminal(t testing.TB, cmd *exec.Cmd) (*os.File, *lines) {
	t.Helper()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		terminal.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	return terminal, &lines{t: t, r: terminal, stop: func() { cmd.Process.Kill() }}
}

func typed(t testing.TB, terminal *os.File, keys string) {
	t.Helper()
	if _, err := terminal.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// countSignals is a program that answers each signal with a line, and ends at
// SIGUSR2. It is no shell script, since dash can miss a signal that comes
// while it starts a child.
func countSignals() int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, relayed...)
	fmt.Println("ready")
	for n := 0; ; n++ {
		s := <-signals
		if s == syscall.SIGUSR2 {
			fmt.Println("all", n)
			return n
		}
		fmt.Println("got", s)
	}
}

// counter runs countSignals in a guest.
func counter(t testing.TB) *exec.Cmd {
	t.Helper()
	cmd := runCommand(t)
	cmd.Args = append(cmd.Args, cmd.Path, countRole)
	return cmd
}

func TestSignalsToTheOuterProcessAreTheProgram(t *testing.T) {
	needGuests(t)
	cmd := counter(t)
	out := started(t, cmd)
	out.until("ready")
	for _, s := range relayed[:5] {
		cmd.Process.Signal(s)
		out.until("got " + s.String())
	}
	cmd.Process.Signal(syscall.SIGUSR2)
	out.until("all 5")
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 5 {
		t.Errorf("exit code %d", code)
	}
}

// What is sent to the whole process group, as Ctrl-C is, must not come twice.
func TestSignalsToTheGroupComeOnce(t *testing.T) {
	needGuests(t)
	cmd := counter(t)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out := started(t, cmd)
	out.until("ready")
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		syscall.Kill(-cmd.Process.Pid, s)
		out.until("got ")
		time.Sleep(3 * groupDelay) // in which a second one would be passed on
	}
	cmd.Process.Signal(syscall.SIGUSR2)
	out.until("all 3")
}

func TestNohupStays(t *testing.T) {
	needGuests(t)
	text, err := bash(t, `trap '' HUP; run sh -c 'kill -HUP $$; echo alive'`).CombinedOutput()
	if string(text) != "alive\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

// A shell's <(…) gives a program descriptors beside the three.
func TestInheritedDescriptors(t *testing.T) {
	needGuests(t)
	text, err := bash(t, `run sh -c 'cat /dev/fd/9' 9< <(echo through nine)`).CombinedOutput()
	if string(text) != "through nine\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestPipeline(t *testing.T) {
	needGuests(t)
	text, err := bash(t, `set -o pipefail; echo one two | run cat | run tr a-z A-Z`).CombinedOutput()
	if string(text) != "ONE TWO\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

// marked returns the processes of which an argument contains mark.
func marked(mark string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		command, _ := os.ReadFile(dir + "/cmdline")
		if strings.Contains(string(command), mark) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			pids = append(pids, pid)
		}
	}
	return pids
}

// namespaceUsed tells whether a process is in the namespace of that name, as
// readlink /proc/PID/ns/net says it.
func namespaceUsed(name string) bool {
	all, _ := filepath.Glob("/proc/[0-9]*/ns/net")
	for _, file := range all {
		if ns, err := os.Readlink(file); err == nil && ns == name {
			return true
		}
	}
	return false
}

// inForeground tells whether the process with that in its command line has
// the terminal: fields 5 (its group) and 8 (the terminal's) of proc_pid_stat(5).
func inForeground(mark string) bool {
	for _, pid := range marked(mark) {
		stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if fields := strings.Fields(string(stat)); len(fields) > 8 && fields[4] == fields[7] && fields[4] != "0" {
			return true
		}
	}
	return false
}
