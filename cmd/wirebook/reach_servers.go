package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/supervise"
	"github.com/wirebook/wirebook/world"
)

// serverReach kills, stops and starts servers for other commands: those of a world of
// this process, or of a class.
type serverReach struct {
	of interface {
		Status() []world.ServerStatus
		KillServer(host, server string) error
		StopServer(host, server string) error
		StartServer(ctx context.Context, host, server string) error
	}
}

// The requests about a server, and what is said of one that was killed.
type (
	serverRequest struct {
		Host   string `json:"host"`
		Server string `json:"server"`
	}
	killReply struct {
		Down time.Duration `json:"down"` // how long the server was not running
	}
)

// serverPatience is how long a server may take to come back, or to start.
const serverPatience = 30 * time.Second

func (r serverReach) handle(mux *http.ServeMux) {
	mux.HandleFunc("POST /kill", onServer(r.kill))
	mux.HandleFunc("POST /stop", onServer(func(_ context.Context, q serverRequest) (any, error) {
		return struct{}{}, r.of.StopServer(q.Host, q.Server)
	}))
	mux.HandleFunc("POST /start", onServer(func(ctx context.Context, q serverRequest) (any, error) {
		return struct{}{}, r.of.StartServer(ctx, q.Host, q.Server)
	}))
}

// onServer does something to the server that a request names.
func onServer(do func(context.Context, serverRequest) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		q, ok := asked[serverRequest](w, request)
		if !ok {
			return
		}
		ctx, cancel := context.WithTimeout(request.Context(), serverPatience)
		defer cancel()
		done, err := do(ctx, q)
		answer(w, done, err)
	}
}

// kill makes a server fail, and waits until it runs again.
func (r serverReach) kill(ctx context.Context, q serverRequest) (any, error) {
	before, began := r.status(q), time.Now()
	if err := r.of.KillServer(q.Host, q.Server); err != nil {
		return nil, err
	}
	for {
		if now := r.status(q); now.Restarts > before.Restarts && now.State == supervise.Running {
			return killReply{time.Since(began)}, nil
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return nil, errors.New("it was killed, and has not come back yet")
		}
	}
}

func (r serverReach) status(q serverRequest) world.ServerStatus {
	all := r.of.Status()
	i := slices.IndexFunc(all, func(s world.ServerStatus) bool { return s.Host == q.Host && s.Name == q.Server })
	if i < 0 {
		return world.ServerStatus{}
	}
	return all[i]
}

// answer says what was done, or why not.
func answer(w http.ResponseWriter, done any, err error) {
	if err != nil {
		control.Fail(w, http.StatusConflict, err)
		return
	}
	control.Reply(w, done)
}
