package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// roles are what this test binary does when it is started by a test under
// that name: "run" is a little `wirebook run`.
var roles = map[string]func() int{
	"run":  runRole,
	"drop": dropRole,
}

// countRole is the argument that makes of this test binary a program for a guest.
const countRole = "count-signals"

func TestMain(m *testing.M) {
	Main()
	if role, ok := roles[os.Args[0]]; ok {
		os.Exit(role())
	}
	if len(os.Args) == 2 && os.Args[1] == countRole {
		os.Exit(countSignals())
	}
	// The race detector waits a second before a process ends.
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	goleak.VerifyTestMain(m)
}

// runRole runs the program of its arguments in the foreground, on a LAN with
// a fake neighbour.
func runRole() int {
	c := host(os.Args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Foreground = true
	c.Job = os.Getenv("JOB") != ""
	noOverlay = os.Getenv("NO_OVERLAY") != ""
	g, err := Start(context.Background(), c, newNeighbour().attach)
	if failed, ok := errors.AsType[*ProgramError](err); ok {
		fmt.Fprintln(os.Stderr, failed)
		return failed.Code
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 125
	}
	status, err := g.Wait()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 125
	}
	return status.ExitCode()
}

// host is a host on the neighbour's LAN that runs args.
func host(args ...string) Config {
	return Config{
		Args: args,
		Host: Host{
			Name: "alice.example.edu",
			MAC:  net.HardwareAddr{2, 0, 0, 0, 0, 5},
			Addressing: Addressing{
				Addrs:    []netip.Prefix{netip.MustParsePrefix("10.1.0.5/24"), netip.MustParsePrefix("2001:db8:1::5/64")},
				Gateways: []netip.Addr{netip.MustParseAddr("10.1.0.1"), netip.MustParseAddr("2001:db8:1::1")},
			},
			Resolver: []netip.Addr{netip.MustParseAddr("10.1.0.1")},
			Search:   []string{"example.edu"},
			Hosts:    map[string]netip.Addr{"router": netip.MustParseAddr("10.1.0.1")},
		},
	}
}

// needGuests skips a test where guests cannot be, with the reason.
func needGuests(t testing.TB) {
	t.Helper()
	if err := Supported(); err != nil {
		t.Skip(err)
	}
}

// output runs a guest to its end and returns what it wrote and its status.
func output(t testing.TB, c Config) (string, Status) {
	t.Helper()
	var text strings.Builder
	c.Stdout, c.Stderr = &text, &text
	g, err := Start(t.Context(), c, newNeighbour().attach)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	status, err := g.Wait()
	if err != nil {
		t.Fatalf("wait: %v\n%s", err, text.String())
	}
	return text.String(), status
}

// running starts a guest that prints "ready" when it is, and returns what
// follows on its standard output.
func running(t testing.TB, c Config) (*Guest, *lines) {
	t.Helper()
	return runningOn(t, c, newNeighbour().attach)
}

// runningOn is running, on a LAN of the test's own.
func runningOn(t testing.TB, c Config, attach func(*Guest, *Tap) error) (*Guest, *lines) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = w, os.Stderr
	g, err := Start(t.Context(), c, attach)
	w.Close()
	if err != nil {
		r.Close()
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		g.Kill()
		g.Wait()
		r.Close()
	})
	out := &lines{t: t, r: r, stop: g.Kill}
	out.until("ready")
	return g, out
}

// lines reads a stream as far as a test wants it.
type lines struct {
	t    testing.TB
	r    io.Reader
	stop func() // ends whoever writes the stream
	text string // read and not yet asked for
}

// until reads until the stream has said word, and returns what came up to its end.
func (l *lines) until(word string) string {
	l.t.Helper()
	late := time.AfterFunc(20*time.Second, func() {
		l.t.Errorf("waited too long for %q", word)
		l.stop()
	})
	defer late.Stop()
	part := make([]byte, 4096)
	for {
		if before, after, said := strings.Cut(l.text, word); said {
			l.text = after
			return before + word
		}
		n, err := l.r.Read(part)
		if n == 0 && err != nil {
			l.t.Fatalf("the stream ended (%v) before it said %q; it had said %q", err, word, l.text)
		}
		l.text += string(part[:n])
	}
}

// eventually waits for what the kernel does in its own time.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in 20 seconds: %s", what)
		}
	}
}
