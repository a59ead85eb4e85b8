package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/wirebook/wirebook/classroom"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world/authority"
)

// classReach is what other commands may do with a class: look, and make things fail.
// What the miniature Internet can do beside, a kernel's network cannot.
type classReach struct {
	hub    *classroom.Hub
	secret []byte // of the authority
	frameSender
}

// What the page says to the switches, as JSON.
type (
	stateRequest struct {
		Known uint64 `json:"known"` // the version that is known: the answer is a newer one
	}
	linkRequest struct {
		Link    string           `json:"link"`
		Faults  *internet.Faults `json:"faults,omitempty"` // nil: as they are
		Plugged *bool            `json:"plugged,omitempty"`
	}
	classNATRequest struct {
		Router string `json:"router"`
		On     *bool  `json:"on,omitempty"` // nil: as it is
		Helper *bool  `json:"helper,omitempty"`
	}
)

func (r *classReach) handler() http.Handler {
	r.frameSender = frameSender{
		tap: func(ring *frame.Ring) func() { return r.hub.Tap(ring) },
		// The kernel does not say when its network is at rest; what has been sent is
		// seen within microseconds.
		settle: func() { time.Sleep(50 * time.Millisecond) },
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ps", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, r.hub.Status()) })
	mux.HandleFunc("GET /names", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, namesReply(r.hub.Names())) })
	mux.HandleFunc("GET /leases", r.leases)
	mux.HandleFunc("GET /mail/queue", r.mailQueue)
	mux.HandleFunc("GET /authority", func(w http.ResponseWriter, _ *http.Request) {
		control.Reply(w, string(authority.Public(r.secret)))
	})
	mux.HandleFunc("GET /absent", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, r.hub.Absent()) })
	mux.HandleFunc("POST /state", r.state)
	mux.HandleFunc("POST /tell", r.tell)
	mux.HandleFunc("POST /link", r.link)
	mux.HandleFunc("POST /nat", r.nat)
	serverReach{r.hub}.handle(mux)
	mux.HandleFunc("POST /frames", r.frames)
	mux.HandleFunc("POST /settle", r.settled)
	mux.HandleFunc("/", func(w http.ResponseWriter, request *http.Request) {
		control.Fail(w, http.StatusNotImplemented, errNotInClass)
	})
	return mux
}

// errNotInClass is what the commands hear that need the miniature Internet.
var errNotInClass = errors.New("this world is a class of containers, on the kernel's network: it can be watched and made to fail " +
	"(wirebook watch, ps, leases, mail queue, kill, stop, start, and the page); clients run in the containers themselves (docker compose exec student …)")

// state is how the class is, when it is another than the asker knows; or the same
// after a while.
func (r *classReach) state(w http.ResponseWriter, request *http.Request) {
	q, ok := asked[stateRequest](w, request)
	if !ok {
		return
	}
	const atMost = 20 * time.Second
	ctx, cancel := context.WithTimeout(request.Context(), atMost)
	defer cancel()
	control.Reply(w, r.hub.State(ctx, q.Known))
}

func (r *classReach) tell(w http.ResponseWriter, request *http.Request) {
	if h, ok := asked[hostRequest](w, request); ok {
		panels, err := r.hub.Tell(request.Context(), h.Host)
		answer(w, panels, err)
	}
}

func (r *classReach) link(w http.ResponseWriter, request *http.Request) {
	q, ok := asked[linkRequest](w, request)
	if !ok {
		return
	}
	var err error
	if q.Faults != nil {
		err = r.hub.SetFaults(q.Link, *q.Faults)
	}
	if err == nil && q.Plugged != nil {
		if *q.Plugged {
			err = r.hub.Plug(q.Link)
		} else {
			err = r.hub.Unplug(q.Link)
		}
	}
	answer(w, struct{}{}, err)
}

func (r *classReach) nat(w http.ResponseWriter, request *http.Request) {
	q, ok := asked[classNATRequest](w, request)
	if !ok {
		return
	}
	var err error
	if q.On != nil {
		err = r.hub.SetNAT(q.Router, *q.On)
	}
	if err == nil && q.Helper != nil {
		err = r.hub.SetNATHelper(q.Router, *q.Helper)
	}
	answer(w, struct{}{}, err)
}
