package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/capture"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/guest"
)

// running is the world that another process runs.
type running struct{ *control.Client }

// findRunning finds the world of that name; the error is control.ErrNoWorld
// when there is none.
func (a *app) findRunning(name string) (*running, error) {
	client, err := control.Dial(name)
	if errors.Is(err, control.ErrNoWorld) {
		return nil, noWorld{a.say("noworld", "Name", cmp.Or(name, control.DefaultName))}
	}
	if err != nil {
		return nil, err
	}
	return &running{client}, nil
}

// onRunning makes a command that does something with the running world, or with the
// one that --name names.
func (a *app) onRunning(use, key string, run func(context.Context, *running, []string) error) *cobra.Command {
	var name string
	c := a.command(use, key, func(c *cobra.Command, args []string) error {
		r, err := a.findRunning(name)
		if err != nil {
			return err
		}
		defer r.Close()
		return run(c.Context(), r, args)
	})
	c.GroupID = "world"
	c.Flags().StringVar(&name, "name", "", a.say("flag.name"))
	return c
}

// noWorld is control.ErrNoWorld in the user's language.
type noWorld struct{ text string }

func (e noWorld) Error() string { return e.text }
func (e noWorld) Unwrap() error { return control.ErrNoWorld }

// joinedLAN is a lan in the world of another process.
type joinedLAN struct {
	*running
	app    *app
	joined *control.Joined
	self   guest.Host

	closed    atomic.Bool
	following sync.WaitGroup
}

func (a *app) joinRunning(ctx context.Context, o runOptions) (lan, error) {
	r, err := a.findRunning(o.name)
	if err != nil {
		return nil, err
	}
	l := &joinedLAN{running: r, app: a}
	l.joined, err = r.Join(ctx, "/join", o.joinRequest(), &l.self)
	if err != nil {
		r.Close()
		return nil, err
	}
	return l, nil
}

func (l *joinedLAN) host() guest.Host { return l.self }

func (l *joinedLAN) plug(_ context.Context, g *guest.Guest, tap *guest.Tap) error {
	var first guest.Addressing
	if err := l.joined.Plug(tap); err != nil {
		return err
	}
	if err := l.joined.Next(&first); err != nil {
		return err
	}
	if err := g.Configure(first); err != nil {
		return err
	}
	l.following.Go(func() {
		for {
			var next guest.Addressing
			if err := l.joined.Next(&next); err != nil {
				break
			}
			_ = g.Configure(next) // it fails when the guest has ended
		}
		if !l.closed.Load() {
			fmt.Fprintln(l.app.err, "wirebook:", l.app.say("run.lost"))
		}
	})
	return nil
}

func (l *joinedLAN) close() {
	l.closed.Store(true)
	_ = l.joined.Close()
	l.following.Wait()
	l.Close()
}

func (r *running) observe(ring *frame.Ring) (func(), error) {
	stop, _, err := r.frames(ring)
	return stop, err
}

// frames has the other process send its frames, until stop, or until the world
// has ended.
func (r *running) frames(ring *frame.Ring) (stop func(), ended <-chan struct{}, err error) {
	stream, err := r.Open(context.Background(), http.MethodPost, "/frames", nil)
	if err != nil {
		return nil, nil, err
	}
	over := make(chan struct{})
	atRest := make(chan struct{}, 1)
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(over)
		// The stream is closed, or the world has ended: either way there is no more.
		_ = capture.Receive(stream, ring, func() {
			select {
			case atRest <- struct{}{}:
			default:
			}
		})
	})
	return func() {
		if r.Call(context.Background(), http.MethodPost, "/settle", nil, nil) == nil {
			select {
			case <-atRest:
			case <-time.After(2 * time.Second):
			}
		}
		_ = stream.Close()
		reading.Wait()
	}, over, nil
}
