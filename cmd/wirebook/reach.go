package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
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

	frameSender
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
	mux.HandleFunc("POST /kill", r.kill)
	mux.HandleFunc("POST /start", r.start)
	mux.HandleFunc("POST /stop", r.stop)
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

// card describes a card of a host.
func (r *reach) card(w http.ResponseWriter, request *http.Request) {
	var asked cardRequest
	if err := json.NewDecoder(request.Body).Decode(&asked); err != nil {
		control.Fail(w, http.StatusBadRequest, err)
		return
	}
	if _, err := r.host(asked.Host); err != nil {
		control.Fail(w, http.StatusNotFound, err)
		return
	}
	c, err := cardOf(r.world.Host(asked.Host), asked.Card)
	if err != nil {
		control.Fail(w, http.StatusNotFound, err)
		return
	}
	control.Reply(w, c)
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

// start starts a server that is stopped.
func (r *reach) start(w http.ResponseWriter, request *http.Request) {
	r.onServer(w, request, func(host, server string) error {
		ctx, cancel := context.WithTimeout(request.Context(), 30*time.Second)
		defer cancel()
		return r.world.StartServer(ctx, host, server)
	})
}

// stop stops a server until it is started again.
func (r *reach) stop(w http.ResponseWriter, request *http.Request) {
	r.onServer(w, request, r.world.Servers.Stop)
}

// onServer does something to the server that a request names.
func (r *reach) onServer(w http.ResponseWriter, request *http.Request, do func(host, server string) error) {
	var k killRequest
	if err := json.NewDecoder(request.Body).Decode(&k); err != nil {
		control.Fail(w, http.StatusBadRequest, err)
		return
	}
	if err := do(k.Host, k.Server); err != nil {
		control.Fail(w, http.StatusConflict, err)
		return
	}
	control.Reply(w, struct{}{})
}

// authority is the certificate that programs are to trust.
func (r *reach) authority(w http.ResponseWriter, _ *http.Request) {
	pem, err := r.world.Authority()
	if err != nil {
		control.Fail(w, http.StatusInternalServerError, err)
		return
	}
	control.Reply(w, string(pem))
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
