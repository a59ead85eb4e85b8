package guest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
)

// A Guest is a program that runs as a host of the miniature Internet.
type Guest struct {
	process  *exec.Cmd // the inner stage: process 1 inside
	inner    line
	tap      *Tap
	plugged  bool // somebody reads from the tap
	terminal *terminal
	signals  *signals // of this process, if they are the program's
	limits   *Limits
	exceeded atomic.Pointer[string] // which of them, if it was killed for that
	done     chan struct{}
	status   Status
	err      error
}

// noOverlay lets the tests be on a system without overlays.
var noOverlay bool

// Start makes a host as c says and runs the program on it.
//
// When the host is set up and before the program starts, Start calls attach
// with the far end of the host's card. Attach plugs it in: to a switch of this
// process (see [Pump] and [Tap.WriteFrame]), or, by [SendTap], to the world of
// another process. Where addresses are lent, this is also the time to wait for
// one and to [Guest.Configure] the card with it. The guest closes the Tap when
// it ends.
//
// Start returns once the program runs. If only that failed, the error is a
// *[ProgramError]. When ctx ends, everything in the guest is killed at once.
func Start(ctx context.Context, c Config, attach func(*Guest, *Tap) error) (*Guest, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := c.resolveSandbox(); err != nil {
		return nil, err
	}
	g, err := launch(c)
	if err != nil {
		return nil, explain(err)
	}
	stop := context.AfterFunc(ctx, g.Kill)
	if err := g.begin(ctx, c, attach); err != nil {
		stop()
		g.Kill()
		ended := g.release()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == io.EOF:
			return nil, fmt.Errorf("guest: its first process ended early: %w", ended)
		}
		return nil, err
	}
	go func() {
		defer stop()
		g.follow()
	}()
	if g.limits != nil {
		go g.watch(g.limits)
	}
	return g, nil
}

// launch starts the inner stage: this same executable in new namespaces.
func launch(c Config) (*Guest, error) {
	near, far, err := newLine()
	if err != nil {
		return nil, err
	}
	defer far.Close()
	process := exec.Command("/proc/self/exe")
	process.Args = append([]string{innerName}, c.Args...)
	process.Dir, process.Env = c.Dir, environment(c, os.Environ())
	if c.Stdin != nil {
		process.Stdin = c.Stdin
	}
	process.Stdout, process.Stderr = c.Stdout, c.Stderr
	process.ExtraFiles = []*os.File{far}
	process.SysProcAttr = newNamespaces()
	g := &Guest{process: process, inner: near, done: make(chan struct{}), limits: c.Limits}
	if c.Foreground || c.Job {
		g.terminal = foreground()
	}
	if err := process.Start(); err != nil {
		near.Close()
		g.terminal.takeBack()
		return nil, err
	}
	return g, nil
}

// begin is the outer half of what [inner] does until the program runs.
func (g *Guest) begin(ctx context.Context, c Config, attach func(*Guest, *Tap) error) error {
	if c.Join != nil {
		var err error
		if c.Host, err = c.Join(ctx); err != nil {
			return err
		}
		if err := c.Host.check(); err != nil {
			return err
		}
	}
	host := &setup{Host: c.Host, Job: c.Job && g.terminal != nil, Limits: c.Limits, NoOverlay: noOverlay}
	if c.Sandbox != nil {
		host.Sandbox = c.confinement()
	}
	if err := g.inner.send(message{Setup: host}); err != nil {
		return err
	}
	if err := g.expect(func(m message) bool { return m.Card }); err != nil {
		return err
	}
	tap, err := ReceiveTap(g.inner.UnixConn)
	if err != nil {
		return err
	}
	g.tap = tap
	if err := attach(g, tap); err != nil {
		return err
	}
	g.plugged = true
	// Before the program runs: it may be sent Ctrl-Z at once.
	if c.Foreground {
		g.signals = takeSignals()
	}
	if err := g.inner.send(message{Start: true}); err != nil {
		return err
	}
	if g.signals != nil {
		g.signals.pass(g.inner)
	}
	return g.expect(func(m message) bool { return m.Started })
}

func (g *Guest) expect(wanted func(message) bool) error {
	m, err := g.inner.receive()
	switch {
	case err != nil:
		return err
	case m.Failed != nil:
		return explain(m.Failed.cause())
	case !wanted(m):
		return fmt.Errorf("guest: unexpected message %+v", m)
	}
	return nil
}

// follow stays with the program to its end.
func (g *Guest) follow() {
	ended := false
	for {
		m, err := g.inner.receive()
		if err != nil {
			break
		}
		switch {
		case m.Exit != nil:
			g.status, ended = g.limits.judge(*m.Exit), true
		case m.Failed != nil:
			slog.Warn("the guest's card is not configured as it should be", "error", m.Failed.cause())
		case m.Stopped:
			g.signals.suspend()
			_ = g.inner.send(message{Signal: syscall.SIGCONT})
		}
	}
	err := g.release()
	if what := g.exceeded.Load(); what != nil && !ended {
		g.status, ended = Status{Signal: syscall.SIGKILL, Exceeded: *what}, true
	}
	if !ended {
		g.err = fmt.Errorf("guest: killed with all that was in it (%w)", err)
	}
	close(g.done)
}

// release waits for the inner stage, with which everything inside ends, and
// gives back what this process holds. The network namespace has no user then,
// and the kernel takes it and the card apart in the background.
func (g *Guest) release() error {
	err := g.process.Wait()
	g.signals.giveBack()
	g.terminal.takeBack()
	if g.plugged {
		g.tap.drain()
	}
	if g.tap != nil {
		g.tap.Close()
	}
	g.inner.Close()
	return err
}

// Wait waits until the program has ended and everything it left running has
// been killed. It may be called more than once. The error is not nil if the
// guest was killed from outside: by ctx, by Kill, or by somebody's kill -9.
func (g *Guest) Wait() (Status, error) {
	<-g.done
	return g.status, g.err
}

// Kill ends the guest and every process in it, at once. Wait tells when it is done.
func (g *Guest) Kill() { _ = g.process.Process.Kill() }

// Configure gives the card a in place of what it was given before, by Start or
// by Configure, and leaves alone whatever the program has done to it. It does
// not wait for that: an error of the kernel before the program runs is Start's,
// a later one is logged.
func (g *Guest) Configure(a Addressing) error { return g.inner.send(message{Configure: &a}) }

// Signal sends the program a signal.
func (g *Guest) Signal(s syscall.Signal) error { return g.inner.send(message{Signal: s}) }
