package guest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// busy is a program with a daemon in a session of its own; both can be found
// by their argument.
func busy(mark string) []string {
	return []string{"sh", "-c", fmt.Sprintf("setsid sleep %[1]s & readlink /proc/self/ns/net; echo ready; sleep %[1]s", mark)}
}

// durations that no other process sleeps for
var nextMark struct {
	sync.Mutex
	n int
}

func newMark() string {
	nextMark.Lock()
	defer nextMark.Unlock()
	nextMark.n++
	return fmt.Sprintf("86400.%07d%03d", os.Getpid(), nextMark.n)
}

// places are those where a program might leave files.
func places(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{os.TempDir(), "/run", "/etc", "/dev/net", "/sys/class/net"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, dir, entries)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return all.String() + string(mounts)
}

func gone(t *testing.T, mark, namespace string) {
	t.Helper()
	eventually(t, "no process is left", func() bool { return len(marked(mark)) == 0 })
	eventually(t, "no process is in the namespace", func() bool { return !namespaceUsed(namespace) })
}

func TestNothingIsLeft(t *testing.T) {
	needGuests(t)
	t.Setenv("TMPDIR", t.TempDir())
	for name, kill := range map[string]func(outer int, mark string){
		"kill -9 of the outer process": func(outer int, _ string) { syscall.Kill(outer, syscall.SIGKILL) },
		"kill -9 of process 1 inside": func(_ int, mark string) {
			for _, pid := range marked(mark) {
				if command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); strings.HasPrefix(string(command), innerName) {
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		},
		"kill -9 of the program": func(_ int, mark string) {
			for _, pid := range marked(mark) {
				if command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); strings.HasPrefix(string(command), "sh\x00") {
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := places(t)
			mark := newMark()
			cmd := runCommand(t, busy(mark)...)
			out := started(t, cmd)
			namespace := strings.TrimSpace(strings.TrimSuffix(out.until("ready"), "ready"))
			if !namespaceUsed(namespace) || len(marked(mark)) < 4 {
				t.Fatalf("namespace %s, processes %v: nothing to look for", namespace, marked(mark))
			}
			kill(cmd.Process.Pid, mark)
			gone(t, mark, namespace)
			if after := places(t); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

func TestDaemonsEndWithTheProgram(t *testing.T) {
	needGuests(t)
	mark := newMark()
	text, status := output(t, host("sh", "-c", "(setsid sleep "+mark+" >/dev/null 2>&1 &); readlink /proc/self/ns/net"))
	if status.Code != 0 {
		t.Fatal(status)
	}
	// Wait has returned: then they are gone, and not only soon.
	if pids := marked(mark); len(pids) != 0 {
		t.Errorf("still there: %v", pids)
	}
	if namespaceUsed(strings.TrimSpace(text)) {
		t.Error("a process is still in the namespace")
	}
}

func TestOrphansAreReaped(t *testing.T) {
	needGuests(t)
	const script = `
		for i in 1 2 3 4 5; do sh -c 'sleep 0.01 & exit'; done
		while pgrep -x sleep >/dev/null; do :; done
		ps -eo stat= | grep -c Z
		true`
	if text, status := output(t, host("sh", "-c", script)); strings.TrimSpace(text) != "0" || status.Code != 0 {
		t.Errorf("zombies: %q, %v", text, status)
	}
}

func TestKill(t *testing.T) {
	needGuests(t)
	mark := newMark()
	g, _ := running(t, host(busy(mark)...))
	g.Kill()
	if _, err := g.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("error %v", err)
	}
	if pids := marked(mark); len(pids) != 0 {
		t.Errorf("still there: %v", pids)
	}
}

func TestFiftyGuestsAtOnce(t *testing.T) {
	needGuests(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			c := host("sh", "-c", "ping -c 1 -W 5 10.1.0.1 >/dev/null && hostname")
			c.Name = fmt.Sprintf("host-%d", i)
			var text strings.Builder
			c.Stdout = &text
			g, err := Start(t.Context(), c, newNeighbour().attach)
			if err != nil {
				t.Error(err)
				return
			}
			if status, err := g.Wait(); err != nil || status.Code != 0 || text.String() != c.Name+"\n" {
				t.Errorf("%s: %v, %v, said %q", c.Name, status, err, text.String())
			}
		})
	}
	all.Wait()
}
