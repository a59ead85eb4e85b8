package guest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/peer"
)

// limited runs a Python program under limits to its end.
func limited(t *testing.T, l Limits, script string) (string, Status) {
	t.Helper()
	needGuests(t)
	peer.Path(t, "python3", "python3")
	c := host("python3", "-c", script)
	c.Limits = &l
	return output(t, c)
}

// What the kernel refuses, a program can still say.
func TestLimitsOfAProcess(t *testing.T) {
	file := filepath.Join(openDir(t), "file")
	for name, test := range map[string]struct {
		limits Limits
		script string
		says   string
		status Status
	}{
		"memory": {Limits{Memory: 64 << 20}, "x = bytearray(100 << 20)", "MemoryError", Status{Code: 1}},
		"files": {
			Limits{Files: 20}, "all = [open('/dev/null') for n in range(30)]", "Too many open files", Status{Code: 1},
		},
		"file size, in Python": {
			Limits{FileSize: 1000}, "with open('" + file + "', 'wb') as f: f.write(bytes(2000))", "File too large", Status{Code: 1},
		},
		"file size": {
			Limits{FileSize: 1000}, "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open('" + file + "', 'wb', 0).write(bytes(2000)) and open('" + file + "', 'ab', 0).write(bytes(1))",
			"", Status{Signal: syscall.SIGXFSZ, Exceeded: "file size"},
		},
		"core": {Limits{}, "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))", "(0, 0)", Status{}},
		"they cannot be raised": {
			Limits{Files: 20}, "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (21, 21))", "not allowed to raise maximum limit", Status{Code: 1},
		},
		"nothing is exceeded": {
			Limits{Memory: 1 << 30, Files: 100, FileSize: 1 << 20, Processes: 10, CPU: time.Minute}, "print('done')", "done", Status{},
		},
		"another program": {Limits{Files: 20}, "import os; os.execlp('sh', 'sh', '-c', 'ulimit -n; exit 7')", "20\n", Status{Code: 7}},
	} {
		t.Run(name, func(t *testing.T) {
			text, status := limited(t, test.limits, test.script)
			if !strings.Contains(text, test.says) || status != test.status {
				t.Errorf("%+v:\n%s\nwant %+v and %q", status, text, test.status, test.says)
			}
		})
	}
}

// A program that starts itself again and again is stopped, and whatever else
// the machine does goes on.
func TestForkBomb(t *testing.T) {
	begin := time.Now()
	_, status := limited(t, Limits{Processes: 40}, `import os
while True:
    try: os.fork()
    except OSError: pass`)
	if status.Exceeded != "processes" || status.Signal != syscall.SIGKILL || status.String() != "ended for exceeding its limit: processes" {
		t.Errorf("%+v", status)
	}
	t.Logf("stopped and gone after %v", time.Since(begin))
	if text, _ := output(t, host("echo", "alive")); text != "alive\n" {
		t.Errorf("the next guest says %q", text)
	}
}

// The same by daemons that nobody is the parent of, and that ignore signals.
func TestForkBombOfDaemons(t *testing.T) {
	_, status := limited(t, Limits{Processes: 40}, `import os, signal, time
for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(s, signal.SIG_IGN)
while True:
    try:
        if os.fork() == 0: os.setsid(); os.fork()
    except OSError: time.sleep(0.001)`)
	if status.Exceeded != "processes" {
		t.Errorf("%+v", status)
	}
}

func TestTooManyThreads(t *testing.T) {
	_, status := limited(t, Limits{Processes: 8}, `import threading, time
while True:
    try: threading.Thread(target=time.sleep, args=(1000,)).start()
    except RuntimeError: time.sleep(1000)`)
	if status.Exceeded != "threads" {
		t.Errorf("%+v", status)
	}
}

// Each process keeps to its limit, but they are many.
func TestTooMuchMemoryTogether(t *testing.T) {
	_, status := limited(t, Limits{Memory: 64 << 20, Processes: 20}, `import os, time
for n in range(8):
    if os.fork() == 0: x = b"x" * (40 << 20); time.sleep(1000)
time.sleep(1000)`)
	if status.Exceeded != "memory" {
		t.Errorf("%+v", status)
	}
}

func TestTooMuchTime(t *testing.T) {
	for name, script := range map[string]string{
		"one process":  "while True: pass",
		"its children": "import os\nfor i in range(2): os.fork()\nwhile True: pass",
	} {
		t.Run(name, func(t *testing.T) {
			if _, status := limited(t, Limits{CPU: time.Second}, script); status.Exceeded != "cpu" {
				t.Errorf("%+v", status)
			}
		})
	}
}

// The parameter that limits process numbers inside is the guest's own.
func TestLimitsAreNotTheSystems(t *testing.T) {
	before, _ := os.ReadFile("/proc/sys/kernel/pid_max")
	text, _ := limited(t, Limits{Processes: 8}, "print(open('/proc/sys/kernel/pid_max').read())")
	if after, _ := os.ReadFile("/proc/sys/kernel/pid_max"); string(after) != string(before) {
		t.Errorf("pid_max was %s and is %s", before, after)
	}
	if kernelIs(6, 14) && strings.TrimSpace(text) != "301" {
		t.Errorf("inside it is %q", text)
	}
}

func TestProgramWithLimitsThatDoesNotStart(t *testing.T) {
	needGuests(t)
	c := host("no-such-program")
	c.Limits = &Limits{Files: 20}
	if _, err := Start(t.Context(), c, newNeighbour().attach); err == nil || err.Error() != "no-such-program: command not found" {
		t.Errorf("error %v", err)
	}
}
