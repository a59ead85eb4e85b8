package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/world"
)

// reach is what other commands may do with the world that `wirebook up` runs.
type reach struct {
	world *world.World
	clock *clock.Movable

	frameSender
}

// What the commands say to each other, as JSON.
type (
	hostRequest struct {
		Host string `json:"host"`
	}
	cardRequest struct {
		Host string `json:"host"`
		Card string `json:"card"` // "": the first
	}
	clockRequest struct {
		Ahead time.Duration `json:"ahead"` // how far to move the clock
	}
	clockReply struct {
		Now time.Time `json:"now"` // in the world
	}
	joinRequest struct {
		Name      string `json:"name"`
		NoAddress bool   `json:"noaddress,omitempty"` // it sees to its IPv4 address itself
	}
	namesReply map[netip.Addr]string
)

func (r *reach) handler() http.Handler {
	r.frameSender = frameSender{
		tap:    func(ring *frame.Ring) func() { return r.world.Internet.Tap(ring) },
		settle: r.world.Internet.Settle,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ps", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, r.world.Status()) })
	mux.HandleFunc("GET /leases", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, r.world.Leases()) })
	mux.HandleFunc("GET /names", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, namesReply(r.world.Owners())) })
	mux.HandleFunc("POST /resolvers", r.resolvers)
	mux.HandleFunc("POST /card", r.card)
	serverReach{r.world}.handle(mux)
	mux.HandleFunc("GET /authority", r.authority)
	mux.HandleFunc("GET /mail/queue", r.mailQueue)
	mux.HandleFunc("POST /mail/flush", r.flushMail)
	mux.HandleFunc("POST /mail/account", r.mailAccount)
	mux.HandleFunc("POST /clock", r.skip)
	mux.HandleFunc("POST /join", r.join)
	mux.HandleFunc("POST /settle", r.settled)
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
		if r.world.Host(h.Name) != nil { // a guest may have taken its place
			names = append(names, h.Name)
		}
	}
	return nil, fmt.Errorf("there is no host %q here; there is %v", name, names)
}

// asked is what a request asks; if it cannot be read, it has been answered.
func asked[T any](w http.ResponseWriter, request *http.Request) (q T, ok bool) {
	if err := json.NewDecoder(request.Body).Decode(&q); err != nil {
		control.Fail(w, http.StatusBadRequest, err)
		return q, false
	}
	return q, true
}

// known reports whether there is a host of that name; if not, that has been answered.
func (r *reach) known(w http.ResponseWriter, host string) bool {
	if _, err := r.host(host); err != nil {
		control.Fail(w, http.StatusNotFound, err)
		return false
	}
	return true
}

// resolvers says whom a host asks for names.
func (r *reach) resolvers(w http.ResponseWriter, request *http.Request) {
	if h, ok := asked[hostRequest](w, request); ok && r.known(w, h.Host) {
		control.Reply(w, r.world.Resolvers(h.Host))
	}
}

// card describes a card of a host.
func (r *reach) card(w http.ResponseWriter, request *http.Request) {
	if q, ok := asked[cardRequest](w, request); ok && r.known(w, q.Host) {
		c, err := cardOf(r.world.Host(q.Host), q.Card)
		answer(w, c, err)
	}
}

// authority is the certificate that programs are to trust.
func (r *reach) authority(w http.ResponseWriter, _ *http.Request) {
	pem, err := r.world.Authority()
	answer(w, string(pem), err)
}

// skip moves the world's clock ahead.
func (r *reach) skip(w http.ResponseWriter, request *http.Request) {
	c, ok := asked[clockRequest](w, request)
	if !ok {
		return
	}
	if c.Ahead < 0 {
		control.Fail(w, http.StatusBadRequest, fmt.Errorf("the clock can be moved ahead only, and not by %v", c.Ahead))
		return
	}
	r.clock.Skip(c.Ahead)
	control.Reply(w, clockReply{r.clock.Now()})
}

// join gives a guest of another process a seat, for as long as its connection
// lasts.
func (r *reach) join(w http.ResponseWriter, request *http.Request) {
	j, ok := asked[joinRequest](w, request)
	if !ok {
		return
	}
	s, err := takeSeat(r.world, j)
	if err != nil {
		control.Fail(w, http.StatusConflict, err)
		return
	}
	defer s.guest.Leave()
	// An error has been answered: the guest itself says what it was.
	_ = control.Lease(w, request, s.host(), func(ctx context.Context, tap *guest.Tap) (func(), error) {
		s.plug(ctx, tap)
		return func() {}, nil
	}, func(ctx context.Context) (any, error) { return s.addressing(ctx) })
}
