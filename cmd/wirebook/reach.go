package main

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/supervise"
	"github.com/wirebook/wirebook/world"
)

// reach is what other commands may do with the world that `wirebook up` runs.
type reach struct {
	world *world.World
	clock *clock.Movable

	mu    sync.Mutex
	rings []*frame.Ring // of those who watch from another process
}

// What the commands say to each other, as JSON.
type (
	killRequest struct {
		Host   string `json:"host"`
		Server string `json:"server"`
	}
	killReply struct {
		Down time.Duration `json:"down"` // how long the server was not running
	}
	hostRequest struct {
		Host string `json:"host"`
	}
	clockRequest struct {
		Ahead time.Duration `json:"ahead"` // how far to move the clock
	}
	clockReply struct {
		Now time.Time `json:"now"` // in the world
	}
	joinRequest struct {
		Name string `json:"name"`
	}
	namesReply map[netip.Addr]string
)

func (r *reach) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ps", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, r.world.Status()) })
	mux.HandleFunc("GET /names", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, r.names()) })
	mux.HandleFunc("POST /resolvers", r.resolvers)
	mux.HandleFunc("POST /kill", r.kill)
	mux.HandleFunc("POST /clock", r.skip)
	mux.HandleFunc("POST /join", r.join)
	mux.HandleFunc("POST /settle", r.settle)
	mux.HandleFunc("POST /frames", r.frames)
	mux.Handle("POST /net", control.Sockets(r.host))
	return mux
}

func (r *reach) host(name string) (netx.Network, error) {
	if h := r.world.Host(name); h != nil {
		return h, nil
	}
	var names []string
	for _, h := range r.world.Plan.Hosts {
		names = append(names, h.Name)
	}
	return nil, fmt.Errorf("there is no host %q here; there is %v", name, names)
}

// resolvers says whom a host asks for names.
func (r *reach) resolvers(w http.ResponseWriter, request *http.Request) {
	var h hostRequest
	if err := json.NewDecoder(request.Body).Decode(&h); err != nil {
		control.Fail(w, http.StatusBadRequest, err)
		return
	}
	if _, err := r.host(h.Host); err != nil {
		control.Fail(w, http.StatusNotFound, err)
		return
	}
	control.Reply(w, r.world.Resolvers(h.Host))
}

func (r *reach) kill(w http.ResponseWriter, request *http.Request) {
	var k killRequest
	if err := json.NewDecoder(request.Body).Decode(&k); err != nil {
		control.Fail(w, http.StatusBadRequest, err)
		return
	}
	before, _ := r.status(k)
	began := time.Now()
	if err := r.world.Servers.Kill(k.Host, k.Server); err != nil {
		control.Fail(w, http.StatusNotFound, err)
		return
	}
	ctx, cancel := context.WithTimeout(request.Context(), 30*time.Second)
	defer cancel()
	for {
		if now, ok := r.status(k); ok && now.Restarts > before.Restarts && now.State == supervise.Running {
			control.Reply(w, killReply{time.Since(began)})
			return
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			control.Fail(w, http.StatusGatewayTimeout, errors.New("it was killed, and has not come back yet"))
			return
		}
	}
}

// skip moves the world's clock ahead.
func (r *reach) skip(w http.ResponseWriter, request *http.Request) {
	var c clockRequest
	if err := json.NewDecoder(request.Body).Decode(&c); err != nil || c.Ahead < 0 {
		control.Fail(w, http.StatusBadRequest, fmt.Errorf("the clock can be moved ahead only (%v, %w)", c.Ahead, err))
		return
	}
	r.clock.Skip(c.Ahead)
	control.Reply(w, clockReply{r.clock.Now()})
}

func (r *reach) status(k killRequest) (supervise.Status, bool) {
	all := r.world.Servers.Status()
	i := slices.IndexFunc(all, func(s supervise.Status) bool { return s.Host == k.Host && s.Name == k.Server })
	if i < 0 {
		return supervise.Status{}, false
	}
	return all[i], true
}

// join gives a guest of another process a seat, for as long as its connection
// lasts.
func (r *reach) join(w http.ResponseWriter, request *http.Request) {
	var j joinRequest
	if err := json.NewDecoder(request.Body).Decode(&j); err != nil {
		control.Fail(w, http.StatusBadRequest, err)
		return
	}
	s, err := takeSeat(r.world, j.Name)
	if err != nil {
		control.Fail(w, http.StatusConflict, err)
		return
	}
	defer s.guest.Leave()
	// An error has been answered: the guest itself says what it was.
	_ = control.Lease(w, request, s.host(), func(ctx context.Context, tap *guest.Tap) (func(), error) {
		s.plug(ctx, tap)
		return func() {}, nil
	})
}

func (r *reach) names() namesReply {
	names := make(namesReply)
	for _, host := range r.world.Names() {
		for _, addr := range host.Addrs {
			names[addr] = host.Name
		}
	}
	return names
}

// sentFrame is a frame.Frame on its way to another process.
type sentFrame struct {
	frame.Frame
	Link *frame.Link // the first time that it is seen
	At   int         // the link's index
	Rest bool        // no frame, but the mark that settle asked for
}

// frames sends every frame as it is seen, until the asker leaves.
func (r *reach) frames(w http.ResponseWriter, request *http.Request) {
	ring := frame.NewRing(ringSize)
	remove := r.world.Internet.Tap(ring)
	defer remove()
	r.watch(ring)
	defer r.unwatch(ring)
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	if out.Flush() != nil {
		return
	}
	encoder := gob.NewEncoder(w)
	known := make(map[int]bool)
	batch := make([]frame.Frame, 256)
	for {
		n, err := ring.Read(request.Context(), batch)
		if err != nil {
			return
		}
		for _, f := range batch[:n] {
			sent := sentFrame{Frame: f, Rest: f.Link == nil}
			if f.Link != nil {
				if sent.At = f.Link.Index; !known[sent.At] {
					known[sent.At], sent.Link = true, f.Link
				}
				sent.Frame.Link = nil
			}
			if encoder.Encode(sent) != nil {
				return
			}
		}
		if out.Flush() != nil {
			return
		}
	}
}

// settle waits until the network is at rest, and then puts a mark into the
// frames of each who watches: all that was sent before has come before it.
func (r *reach) settle(w http.ResponseWriter, _ *http.Request) {
	r.world.Internet.Settle()
	r.mu.Lock()
	for _, ring := range r.rings {
		ring.See(frame.Frame{})
	}
	r.mu.Unlock()
	control.Reply(w, struct{}{})
}

func (r *reach) watch(ring *frame.Ring) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rings = append(r.rings, ring)
}

func (r *reach) unwatch(ring *frame.Ring) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rings = slices.DeleteFunc(r.rings, func(other *frame.Ring) bool { return other == ring })
}
