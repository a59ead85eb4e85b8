package main

import (
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/wire"
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
	closed chan struct{}
}

func (a *app) joinRunning(ctx context.Context, name, host string) (lan, error) {
	r, err := a.findRunning(name)
	if err != nil {
		return nil, err
	}
	l := &joinedLAN{running: r, app: a, closed: make(chan struct{})}
	l.joined, err = r.Join(ctx, "/join", joinRequest{Name: host}, &l.self)
	if err != nil {
		r.Close()
		return nil, err
	}
	return l, nil
}

func (l *joinedLAN) host() guest.Host { return l.self }

func (l *joinedLAN) plug(tap *guest.Tap) error {
	if err := l.joined.Plug(tap); err != nil {
		return err
	}
	go func() {
		select {
		case <-l.closed:
		case <-l.joined.Gone():
			fmt.Fprintln(l.app.err, "wirebook:", l.app.say("run.lost"))
		}
	}()
	return nil
}

func (l *joinedLAN) close() {
	close(l.closed)
	_ = l.joined.Close()
	l.Close()
}

// names are those of the running world's hosts, as they are now.
func (r *running) names() (wire.Names, error) {
	var names namesReply
	if err := r.Call(context.Background(), http.MethodGet, "/names", nil, &names); err != nil {
		return nil, err
	}
	return wire.NamesFunc(func(addr netip.Addr) string { return names[addr] }), nil
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
		decoder := gob.NewDecoder(stream)
		links := make(map[int]*frame.Link)
		for {
			var f sentFrame
			if decoder.Decode(&f) != nil {
				return // the stream was closed, or the world has ended
			}
			if f.Rest {
				select {
				case atRest <- struct{}{}:
				default:
				}
				continue
			}
			if f.Link != nil {
				links[f.At] = f.Link
			}
			f.Frame.Link = links[f.At]
			ring.See(f.Frame)
		}
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
