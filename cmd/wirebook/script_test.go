package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wirebook/wirebook/guest"
)

// TestScripts runs the transcripts of testdata, in which real programs, not
// changed in any way, are on the miniature Internet.
func TestScripts(t *testing.T) {
	if err := guest.Supported(); err != nil {
		t.Skip(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Setup:               setUp,
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            time.Now().Add(12 * time.Minute), // of all: a program that hangs is killed
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"built":       built,
			"exits":       exits,
			"ready":       ready,
			"freeports":   freePorts,
			"nothingleft": nothingLeft,
		},
	})
}

// setUp gives each script a place of its own for the sockets of running worlds,
// so that the scripts, which run side by side, do not meet.
func setUp(env *testscript.Env) error {
	own := env.WorkDir + "/.run"
	env.Setenv("XDG_RUNTIME_DIR", own)
	env.Setenv("XDG_STATE_HOME", env.WorkDir+"/.state")
	env.Setenv(markOf, env.WorkDir)
	env.Setenv("LC_ALL", "C.UTF-8")
	env.Setenv("WIREBOOK_LANG", "")
	env.Setenv("NO_COLOR", "")
	env.Setenv("SHELL", "/bin/sh")
	// The race detector waits a second before a process ends.
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	env.Values[hostKey{}] = lookAround()
	return os.Mkdir(own, 0o700)
}

func condition(name string) (bool, error) {
	if name == "root" {
		return os.Getuid() == 0, nil
	}
	return false, fmt.Errorf("there is no condition %q", name)
}

// built builds the program anew, without the race detector, with which a world is
// too slow to carry megabytes in small packets:
//
//	built quick
//	exec ./quick run -- true
func built(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: built FILE")
	}
	if out, err := exec.Command("go", "build", "-o", ts.MkAbs(args[0]), ".").CombinedOutput(); err != nil {
		ts.Fatalf("go build: %v\n%s", err, out)
	}
}

// exits runs a program that must end with that exit code:
//
//	exits 127 wirebook run -- no-such-program
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		got = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

// patience is how long a script waits for what must come.
const patience = 30 * time.Second

// eventually tries until there is no error.
func eventually(ts *testscript.TestScript, try func() error) {
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("after %v: %v", patience, err)
		}
	}
}

// ready waits until the world that runs in the background answers, and then
// until the command given succeeds, if there is one:
//
//	exec wirebook up &up&
//	ready
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! ready")
	}
	if len(args) == 0 {
		args = []string{"wirebook", "ps"}
	}
	eventually(ts, func() error { return ts.Exec(args[0], args[1:]...) })
}

// freePorts sets variables to ports that nobody has, outside the range from which
// the kernel takes those of clients.
func freePorts(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		eventually(ts, func() error {
			port := strconv.Itoa(15000 + rand.IntN(15000))
			ln, err := net.Listen("tcp", "127.0.0.1:"+port)
			if err != nil {
				return err
			}
			ts.Setenv(name, port)
			return ln.Close()
		})
	}
}
