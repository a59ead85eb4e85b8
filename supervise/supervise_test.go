package supervise

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serveFunc is a server made of its Serve.
type serveFunc func(ctx context.Context, nw netx.Network) error

func (f serveFunc) Serve(ctx context.Context, nw netx.Network) error { return f(ctx, nw) }

// idle serves nobody until it is stopped.
func idle(ctx context.Context, _ netx.Network) error {
	<-ctx.Done()
	return nil
}

// run serves a tree until the test is over.
func run(t *testing.T, tree *Tree) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- tree.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	synctest.Wait()
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func TestKilledServerComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tree := New(quiet())
		tree.Add("www", "http", serveFunc(idle), nil)
		tree.Add("ns", "dns", serveFunc(idle), nil)
		run(t, tree)
		if err := tree.Kill("www", "http"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * failureBackoff)
		got := tree.Status()
		if len(got) != 2 || got[0].Host != "ns" || got[1].Host != "www" {
			t.Fatalf("status %+v", got)
		}
		if got[1].State != Running || got[1].Restarts != 1 || got[1].Error != "killed" {
			t.Errorf("www/http after the kill: %+v", got[1])
		}
		if got[0].State != Running || got[0].Restarts != 0 {
			t.Errorf("ns/dns, which nobody killed: %+v", got[0])
		}
	})
}

func TestUnknownServerCannotBeKilled(t *testing.T) {
	tree := New(quiet())
	if err := tree.Kill("www", "http"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "www/http") {
		t.Errorf("got %v", err)
	}
}

// A server that can never start is tried again, ever more calmly, and does not
// hold up the servers of other hosts.
func TestFailingServerPausesOnlyItsHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var mu sync.Mutex
		tree := New(slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, nil)))
		tree.Add("bad", "x", serveFunc(func(context.Context, netx.Network) error { return errors.New("port taken") }), nil)
		tree.Add("good", "y", serveFunc(idle), nil)
		run(t, tree)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		status := tree.Status()
		if n := status[0].Restarts; n < 5 || n > 80 {
			t.Errorf("restarted %d times in half a minute", n)
		}
		if status[0].Error != "port taken" {
			t.Errorf("bad: %+v", status[0])
		}
		if status[1].State != Running || status[1].Restarts != 0 {
			t.Errorf("good: %+v", status[1])
		}
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(log.String(), "port taken") {
			t.Errorf("the log does not say why: %s", log.String())
		}
	})
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func TestReturningUnaskedIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tree := New(quiet())
		tree.Add("h", "s", serveFunc(func(context.Context, netx.Network) error { return nil }), nil)
		run(t, tree)
		time.Sleep(time.Millisecond)
		if s := tree.Status()[0]; s.Error != errReturned.Error() {
			t.Errorf("%+v", s)
		}
	})
}

func TestRemovedHostIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tree := New(quiet())
		stopped := false
		tree.Add("guest", "http", serveFunc(func(ctx context.Context, nw netx.Network) error {
			defer func() { stopped = true }()
			return idle(ctx, nw)
		}), nil)
		run(t, tree)
		tree.Remove("guest")
		if !stopped {
			t.Error("Remove returned before the server had stopped")
		}
		if n := len(tree.Status()); n != 0 {
			t.Errorf("%d servers left", n)
		}
		if left := tree.root.Services(); len(left) != 0 {
			t.Errorf("its supervisor is left: %v", left)
		}
	})
}

// A server that is held does not run before it is started, and runs until it is
// stopped.
func TestHeldStartedStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tree := New(quiet())
		running := false
		tree.Hold("mail", "smtp", serveFunc(func(ctx context.Context, nw netx.Network) error {
			running = true
			defer func() { running = false }()
			return idle(ctx, nw)
		}), nil)
		tree.Add("mail", "pop3", serveFunc(idle), nil)
		run(t, tree)
		smtp := func() Status { return tree.Status()[1] }
		if err := tree.Kill("mail", "smtp"); running || smtp().State != Stopped || err == nil {
			t.Errorf("held: running %v, %+v, kill: %v", running, smtp(), err)
		}
		if err := tree.Stop("mail", "smtp"); !errors.Is(err, ErrStopped) {
			t.Errorf("stopped while it was held: %v", err)
		}
		for range 2 {
			if err := tree.Start("mail", "smtp"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if !running || smtp().State != Running || smtp().Restarts != 0 {
				t.Errorf("started: running %v, %+v", running, smtp())
			}
			if err := tree.Start("mail", "smtp"); !errors.Is(err, ErrRunning) || err.Error() != "mail/smtp is running already" {
				t.Errorf("started twice: %v", err)
			}
			if err := tree.Stop("mail", "smtp"); err != nil || running || smtp().State != Stopped {
				t.Errorf("stopped: %v, running %v, %+v", err, running, smtp())
			}
		}
		time.Sleep(time.Minute)
		if running || tree.Status()[0].State != Running || tree.Status()[0].Restarts != 0 {
			t.Errorf("a minute later: %+v", tree.Status())
		}
		for _, err := range []error{tree.Start("mail", "imap"), tree.Stop("www", "smtp")} {
			if !errors.Is(err, ErrUnknown) {
				t.Error(err)
			}
		}
		tree.Remove("mail")
		if n := len(tree.Status()); n != 0 {
			t.Errorf("%d servers left", n)
		}
	})
}

// A whole server on the operating system's network: killed, its port is free
// for the next one.
func TestRestartTakesThePortAgain(t *testing.T) {
	addresses := make(chan string, 10)
	tree := New(quiet())
	tree.Add("h", "hello", serveFunc(func(ctx context.Context, nw netx.Network) error {
		ln, err := nw.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		addresses <- ln.Addr().String()
		var a netx.Acceptor
		return a.Serve(ctx, ln, func(_ context.Context, c net.Conn) { io.WriteString(c, "hello") })
	}), netx.OS{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- tree.Serve(ctx) }()
	for range 3 {
		conn, err := net.Dial("tcp", <-addresses)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(conn)
		if err != nil || string(text) != "hello" {
			t.Errorf("got %q, %v", text, err)
		}
		conn.Close()
		if err := tree.Kill("h", "hello"); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
