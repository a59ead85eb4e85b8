package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/world"
)

// held is what two commands ask the servers of all containers for.
type held struct {
	Leases []world.Lease      `json:"leases"`
	Queue  []world.QueuedMail `json:"queue"`
}

// leases are those of all DHCP servers of the class.
func (r *classReach) leases(w http.ResponseWriter, request *http.Request) {
	all := []world.Lease{}
	r.ask(request.Context(), "dhcp", "", func(h held) { all = append(all, h.Leases...) })
	control.Reply(w, all)
}

// mailQueue is the mail that waits, of a host or of all.
func (r *classReach) mailQueue(w http.ResponseWriter, request *http.Request) {
	all := []world.QueuedMail{}
	r.ask(request.Context(), "smtp", request.URL.Query().Get("host"), func(h held) { all = append(all, h.Queue...) })
	control.Reply(w, all)
}

// ask opens each machine that has a server of that name; "" is any host. Who does not
// answer is left out: `wirebook serve --whole` says who that is.
func (r *classReach) ask(ctx context.Context, server, host string, tell func(held)) {
	for _, s := range r.hub.Status() {
		if s.Name != server || host != "" && s.Host != host {
			continue
		}
		text, err := r.hub.Tell(ctx, s.Host)
		var h held
		if err == nil && json.Unmarshal(text, &h) == nil {
			tell(h)
		}
	}
}
