package guest

import (
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/peer"
	"golang.org/x/sys/unix"
)

// doing starts a guest with a pipe as its standard input, and returns the
// pipe's other end.
func doing(t testing.TB, args ...string) (*Guest, *os.File) {
	t.Helper()
	needGuests(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	c := host(args...)
	c.Stdin = r
	g, _ := running(t, c)
	r.Close()
	return g, w
}

// becomes waits until the guest is as it should be.
func becomes(t testing.TB, g *Guest, what string, is func(Activity) bool) Activity {
	t.Helper()
	var a Activity
	eventually(t, what, func() bool {
		var err error
		if a, err = g.Activity(); err != nil {
			t.Fatal(err)
		}
		return is(a)
	})
	return a
}

func TestActivityOfAProgramThatReads(t *testing.T) {
	g, told := doing(t, "sh", "-c", "echo ready; read line; while :; do :; done")
	a := becomes(t, g, "the shell waits for a line", func(a Activity) bool { return !a.Running && a.Processes == 1 && a.Threads == 1 })
	if a.Memory < 1<<16 || a.Memory > 1<<28 {
		t.Errorf("%d bytes of memory", a.Memory)
	}
	if seen, _ := os.ReadFile("/proc/self/syscall"); len(seen) > 0 {
		becomes(t, g, "it is seen to read", func(a Activity) bool { return a.Reading })
	}
	typed(t, told, "go\n")
	becomes(t, g, "it runs and uses processor time", func(a Activity) bool { return a.Running && !a.Reading && a.CPU >= 50*time.Millisecond })
	g.Kill()
	g.Wait()
	if _, err := g.Activity(); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("after the end: %v", err)
	}
}

// A cat in a pipeline reads a descriptor 0, too, but one of the shell's.
func TestActivityOfAPipeline(t *testing.T) {
	g, _ := doing(t, "sh", "-c", "echo ready; sleep 1000 | cat")
	becomes(t, g, "three processes wait", func(a Activity) bool {
		return a.Processes == 3 && a.Threads == 3 && !a.Running && !a.Reading
	})
}

func TestActivityOfThreadsAndDaemons(t *testing.T) {
	peer.Path(t, "python3", "python3")
	const script = `import threading, time, subprocess, sys
for i in range(4): threading.Thread(target=lambda: time.sleep(1000)).start()
subprocess.run(["sh", "-c", "i=0; while test $i -lt 1000000; do i=$((i+1)); done; (setsid sleep 1000 &)"])
print("ready", flush=True); input()`
	g, _ := doing(t, "python3", "-c", script)
	a := becomes(t, g, "python's threads and the daemon wait", func(a Activity) bool {
		return a.Processes == 2 && a.Threads == 6 && !a.Running
	})
	if a.CPU < 50*time.Millisecond {
		t.Errorf("%v of processor time, with that of a child that is gone", a.CPU)
	}
}

// A process that has ended and that nobody waits for is still in the table.
func TestActivityOfZombies(t *testing.T) {
	peer.Path(t, "python3", "python3")
	g, _ := doing(t, "python3", "-c", "import os\nfor i in range(3): os.fork() or os._exit(0)\nprint('ready', flush=True); input()")
	becomes(t, g, "three of four have ended", func(a Activity) bool { return a.Processes == 4 && a.Threads == 1 })
}

// Where a container's rules forbid a fresh /proc, the processes are found by
// their namespace.
func TestActivityByNamespace(t *testing.T) {
	g, _ := doing(t, "sh", "-c", "echo ready; read line")
	inside, err := g.Activity()
	if err != nil {
		t.Fatal(err)
	}
	proc, err := unix.Open("/proc", unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &census{proc: proc, first: strconv.Itoa(g.process.Process.Pid)}
	defer c.close()
	c.space = c.link(c.first + "/ns/pid")
	if all := c.processes(); len(all) != inside.Processes || all[0] == c.first {
		t.Errorf("processes %v, and %d inside", all, inside.Processes)
	}
}

func TestStatOfStrangeNames(t *testing.T) {
	const line = "7 (a) R (b) S 1 7 7 0 -1 4194560 96 0 0 0 5 6 7 8 20 0 3 0 100 2500000 321 18446744073709551615"
	s, ok := parseStat([]byte(line))
	want := statLine{'S', 3, 110 * time.Millisecond, 150 * time.Millisecond, 321 * int64(os.Getpagesize())}
	if !ok || s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	for _, short := range []string{"", "7 (cat", "7 (cat) S 1 2 3"} {
		if _, ok := parseStat([]byte(short)); ok {
			t.Errorf("%q: taken", short)
		}
	}
}

func BenchmarkActivity(b *testing.B) {
	g, _ := doing(b, "sh", "-c", "echo ready; read line")
	for b.Loop() {
		if _, err := g.Activity(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestParseDelay(t *testing.T) {
	for line, want := range map[string]time.Duration{"610264 210973 2\n": 210973, "": 0, "12": 0, "0 x 0": 0} {
		if got := parseDelay([]byte(line)); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
