package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
)

func lineOfDefaultWorld(t *testing.T) commandLine {
	t.Helper()
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Start(t.Context(), plan, world.Options{Clock: clock.NewMovable(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return commandLine{w}
}

// typed runs a command, and returns what it says.
func (l commandLine) typed(t *testing.T, host, line string) (exit int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit = l.Run(t.Context(), world.Command{
		Host: host, Args: strings.Fields(line), Language: "en", Stdout: &stdout, Stderr: &stderr,
	})
	return exit, stdout.String(), stderr.String()
}

func TestCommandsOnHosts(t *testing.T) {
	l := lineOfDefaultWorld(t)
	if err := l.world.Unplug("carol"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host, line string
		exit       int
		out, err   string
	}{
		{"alice", "dns www.example.com", 0, "203.0.113.80", ""},
		{"bob", "http get http://www.example.com/plain.html", 0, "One object", ""},
		{"alice", "ftp ftp://ftp.example.edu/ ls", 0, "", ""},
		{"alice", "mail read", 0, "", ""},
		{"alice", "dhcp discover --wait 3s", 0, "192.0.2.", ""},
		{"isp", "dns @203.0.113.53 www.example.com", 0, "203.0.113.80", ""},
		{"alice", "dns nothere.example.com", 1, "", "NXDOMAIN"},
		{"alice", "dns", 2, "", ""},
		{"alice", "dns --nonsense x", 2, "", "unknown flag: --nonsense"},
		{"alice", "rm x", 2, "", `"rm x" is not a client: there is dns, http, ftp, mail, tftp, dhcp`},
		{"alice", "", 2, "", "as in dns www.example.com"},
		{"alise", "dns www.example.com", 2, "", `write "alice"`},
		{"carol", "dns --timeout 300ms www.example.com", 1, "", ""},
	} {
		exit, out, err := l.typed(t, test.host, test.line)
		if exit != test.exit || !strings.Contains(out, test.out) || !strings.Contains(out+err, test.err) {
			t.Errorf("%s: %s: exit %d\n%s%s\nwant %d, %q, %q", test.host, test.line, exit, out, err, test.exit, test.out, test.err)
		}
	}
}

// A command says what it has to say as it goes, in the learner's language, reads
// what is typed, and ends when it is interrupted.
func TestCommandsAreInterrupted(t *testing.T) {
	l := lineOfDefaultWorld(t)
	for _, typed := range []string{"ftp ftp://ftp.example.edu/", "dns www.example.com"} {
		held := strings.HasPrefix(typed, "dns")
		if held {
			l.world.Internet.Hold().Begin(internet.HoldOptions{})
		}
		ctx, cancel := context.WithCancel(t.Context())
		in, _ := io.Pipe() // nobody types anything
		out := &lines{said: make(chan string, 100)}
		exit := make(chan int)
		go func() {
			exit <- l.Run(ctx, world.Command{Host: "alice", Args: strings.Fields(typed), Stdin: in, Stdout: out, Stderr: out})
		}()
		if held {
			for l.world.Internet.Hold().State().Waiting == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(10 * time.Millisecond)
		cancel()
		select {
		case code := <-exit:
			if code != exitInterrupted && code != exitOK {
				t.Errorf("%s: exit %d", typed, code)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s cannot be interrupted", typed)
		}
		l.world.Internet.Hold().End()
	}
}

// lines is an output whose lines can be waited for.
type lines struct{ said chan string }

func (l *lines) Write(b []byte) (int, error) {
	select {
	case l.said <- string(b):
	default:
	}
	return len(b), nil
}

// Who waits for an answer that is held does not give up: the clock stands.
func TestClientsWaitForHeldFrames(t *testing.T) {
	l := lineOfDefaultWorld(t)
	hold := l.world.Internet.Hold()
	hold.Begin(internet.HoldOptions{})
	type result struct {
		exit int
		out  string
	}
	done := make(chan result)
	go func() {
		exit, out, err := l.typed(t, "alice", "dns --timeout 500ms www.example.com")
		done <- result{exit, out + err}
	}()
	for hold.State().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(2 * time.Second) // it would have given up long ago
	select {
	case r := <-done:
		t.Fatalf("it did not wait: %d, %s", r.exit, r.out)
	default:
	}
	hold.End()
	if r := <-done; r.exit != 0 || !strings.Contains(r.out, "203.0.113.80") {
		t.Errorf("exit %d: %s", r.exit, r.out)
	}
}

func TestCompletion(t *testing.T) {
	l := lineOfDefaultWorld(t)
	for line, want := range map[string]string{
		"d":                          "dns",
		"http ":                      "get",
		"dns --no":                   "--norecurse",
		"dns @ns1":                   "@ns1.example.com",
		"http get http://www.exampl": "http://www.example.com",
		"":                           "mail",
	} {
		var words []string
		for _, c := range l.Complete(t.Context(), "alice", strings.Split(line, " ")) {
			words = append(words, c.Word)
		}
		if !slices.Contains(words, want) {
			t.Errorf("%q can become %v, want %s", line, words, want)
		}
	}
}
