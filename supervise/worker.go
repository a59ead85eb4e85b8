package supervise

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/wirebook/wirebook/netx"
)

// State is what a server is doing.
type State string

// The states of a server.
const (
	Starting State = "starting" // it has not been started yet
	Running  State = "running"  // Serve has been called and has not returned
	Failed   State = "failed"   // Serve has returned; a restart is due
	Stopped  State = "stopped"  // it is held, or the tree has been stopped
)

// Status is how one server is.
type Status struct {
	Host     string    `json:"host"`
	Name     string    `json:"server"`
	State    State     `json:"state"`
	Restarts int       `json:"restarts"`
	Since    time.Time `json:"since"`           // of the state
	Error    string    `json:"error,omitempty"` // why it last failed
}

var (
	errKilled   = errors.New("killed")
	errReturned = errors.New("the server returned without being asked to")
)

// worker is a server as suture sees it: a service.
type worker struct {
	host, name string
	server     Server
	nw         netx.Network
	token      suture.ServiceToken

	mu     sync.Mutex
	state  State
	held   bool // it is not to run
	since  time.Time
	starts int
	failed error
	cancel context.CancelCauseFunc // ends the Serve that is running
}

// String is the name under which suture reports the service.
func (w *worker) String() string { return w.host + "/" + w.name }

// Serve runs the server once; a return while ctx lasts is a failure, and suture
// calls again.
func (w *worker) Serve(ctx context.Context) error {
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.starting(cancel)

	// A panic passes through here on its way to suture.
	err := errors.New("panic")
	defer func() { w.ended(ctx, err) }()
	err = w.server.Serve(run, w.nw)
	switch {
	case context.Cause(run) == errKilled:
		err = errKilled
	case err == nil && ctx.Err() == nil:
		err = errReturned
	}
	return err
}

func (w *worker) starting(cancel context.CancelCauseFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state, w.since, w.cancel = Running, time.Now(), cancel
	w.starts++
}

func (w *worker) ended(ctx context.Context, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since, w.cancel = time.Now(), nil
	if ctx.Err() != nil {
		w.state = Stopped
		return
	}
	w.state, w.failed = Failed, err
}

// hold notes that the server is not to run. It reports whether it was to.
func (w *worker) hold() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held {
		return false
	}
	w.held = true
	if w.state != Running {
		w.state, w.since = Stopped, time.Now()
	}
	return true
}

// release is the contrary of hold.
func (w *worker) release() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.held {
		return false
	}
	w.held = false
	w.state, w.since, w.starts, w.failed = Starting, time.Now(), 0, nil
	return true
}

func (w *worker) kill() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cancel == nil {
		return fmt.Errorf("%s %w", w, ErrStopped)
	}
	w.cancel(errKilled)
	return nil
}

func (w *worker) status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Status{Host: w.host, Name: w.name, State: w.state, Since: w.since, Restarts: max(0, w.starts-1)}
	if w.failed != nil {
		s.Error = w.failed.Error()
	}
	return s
}
