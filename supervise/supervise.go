// Package supervise runs servers as goroutines, starts again what fails, and
// says what is running. It is the idea of a Unix init or of an Erlang
// supervisor: a server that has met something it cannot handle dies, and a
// fresh one takes its place, while all others go on.
//
//	tree := supervise.New(log)
//	tree.Add("www", "http", &httpd.Server{Root: "site"}, netx.OS{})
//	err := tree.Serve(ctx) // until ctx ends
//
// The restarting itself is github.com/thejerf/suture's; each host has a
// supervisor of its own, so that a server that fails over and over makes only
// its own host pause.
package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/wirebook/wirebook/netx"
)

// Server is one server of one host.
type Server interface {
	// Serve opens its own sockets on nw and serves until ctx ends. It then
	// leaves nothing behind, neither a goroutine nor a socket, and returns
	// nil. It may be called again: that is what a restart is. An error says
	// why the server could not go on; the supervisor logs it and starts
	// Serve again.
	Serve(ctx context.Context, nw netx.Network) error
}

// ErrUnknown is returned for a server that the tree does not have.
var ErrUnknown = errors.New("no such server")

// What is to be started runs, or what is to be stopped does not.
var (
	ErrRunning = errors.New("is running already")
	ErrStopped = errors.New("is not running")
)

// Tree is a set of supervised servers, by host.
type Tree struct {
	log  *slog.Logger
	root *suture.Supervisor

	mu      sync.Mutex
	hosts   map[string]*hostTree
	workers []*worker
}

// hostTree is the supervisor of one host, and its place in the root's.
type hostTree struct {
	*suture.Supervisor
	token suture.ServiceToken
}

// New returns a tree without servers. It logs to log, or to slog.Default().
func New(log *slog.Logger) *Tree {
	t := &Tree{log: cmp.Or(log, slog.Default()), hosts: make(map[string]*hostTree)}
	t.root = suture.New("wirebook", t.spec())
	return t
}

// The pace of restarts: at once, but after five failures within about half a
// minute the host pauses before the next five tries.
const (
	failureThreshold = 5
	failureDecay     = 30 // seconds
	failureBackoff   = 3 * time.Second
	stopTimeout      = 10 * time.Second
)

func (t *Tree) spec() suture.Spec {
	return suture.Spec{
		FailureThreshold: failureThreshold,
		FailureDecay:     failureDecay,
		FailureBackoff:   failureBackoff,
		Timeout:          stopTimeout,
		EventHook:        t.note,
		// A panic in a test is a bug to be seen, not healed.
		PassThroughPanics: testing.Testing(),
	}
}

// Add gives host a server under a name that is unique on it. The server starts
// at once when the tree is being served.
func (t *Tree) Add(host, name string, server Server, nw netx.Network) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.start(t.add(host, name, server, nw))
}

// Hold gives host a server that does not start before [Tree.Start].
func (t *Tree) Hold(host, name string, server Server, nw netx.Network) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(host, name, server, nw).hold()
}

func (t *Tree) add(host, name string, server Server, nw netx.Network) *worker {
	w := &worker{host: host, name: name, server: server, nw: nw, state: Starting}
	t.workers = append(t.workers, w)
	return w
}

// start has suture run the server. The tree is locked.
func (t *Tree) start(w *worker) {
	supervisor := t.hosts[w.host]
	if supervisor == nil {
		supervisor = &hostTree{Supervisor: suture.New(w.host, t.spec())}
		t.hosts[w.host] = supervisor
		supervisor.token = t.root.Add(supervisor.Supervisor)
	}
	w.token = supervisor.Add(w)
}

// Start starts a server that is held or was stopped.
func (t *Tree) Start(host, name string) error {
	w, err := t.find(host, name)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !w.release() {
		return fmt.Errorf("%s %w", w, ErrRunning)
	}
	t.start(w)
	return nil
}

// Stop stops a server until [Tree.Start] is called, and waits for it.
func (t *Tree) Stop(host, name string) error {
	w, err := t.find(host, name)
	if err != nil {
		return err
	}
	t.mu.Lock()
	supervisor, token := t.hosts[host], w.token
	stops := w.hold()
	t.mu.Unlock()
	if !stops {
		return fmt.Errorf("%s %w", w, ErrStopped)
	}
	return supervisor.RemoveAndWait(token, stopTimeout)
}

// Remove stops the servers of a host and forgets them. It waits for them.
func (t *Tree) Remove(host string) {
	t.mu.Lock()
	supervisor := t.hosts[host]
	delete(t.hosts, host)
	var gone []*worker
	t.workers = slices.DeleteFunc(t.workers, func(w *worker) bool {
		if w.host == host {
			gone = append(gone, w)
		}
		return w.host == host
	})
	t.mu.Unlock()
	if supervisor == nil {
		return
	}
	for _, w := range gone {
		if !w.hold() {
			continue
		}
		if err := supervisor.RemoveAndWait(w.token, stopTimeout); err != nil {
			t.log.Warn("server did not stop in time", "host", host, "server", w.name, "error", err)
		}
	}
	if err := t.root.Remove(supervisor.token); err != nil {
		t.log.Warn("supervisor not removed", "host", host, "error", err)
	}
}

// Serve runs all servers until ctx ends, and returns when all have stopped.
func (t *Tree) Serve(ctx context.Context) error {
	err := t.root.Serve(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Kill makes a server fail, as a crash would: all that it had open is gone,
// and the supervisor starts it again.
func (t *Tree) Kill(host, name string) error {
	w, err := t.find(host, name)
	if err != nil {
		return err
	}
	return w.kill()
}

// Status says how each server is, by host and name.
func (t *Tree) Status() []Status {
	t.mu.Lock()
	all := make([]Status, 0, len(t.workers))
	for _, w := range t.workers {
		all = append(all, w.status())
	}
	t.mu.Unlock()
	slices.SortFunc(all, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func (t *Tree) find(host, name string) (*worker, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.workers {
		if w.host == host && w.name == name {
			return w, nil
		}
	}
	return nil, fmt.Errorf("%w: %s/%s", ErrUnknown, host, name)
}

// note is told by suture what happens, and logs what an operator should know.
func (t *Tree) note(event suture.Event) {
	switch e := event.(type) {
	case suture.EventServicePanic:
		t.log.Error("server panicked", "server", e.ServiceName, "fault", e.PanicMsg, "stack", e.Stacktrace)
	case suture.EventServiceTerminate:
		t.log.Warn("server failed", "server", e.ServiceName, "error", e.Err)
	case suture.EventStopTimeout:
		t.log.Error("server does not stop", "server", e.ServiceName)
	case suture.EventBackoff:
		t.log.Warn("too many failures: pausing before the next restart", "host", e.SupervisorName)
	}
}
