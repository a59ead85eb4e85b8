package console

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/wirebook/wirebook/internet"
)

// linkRequest makes a cable bad, or pulls it. What is nil stays.
type linkRequest struct {
	Faults  *string `json:"faults"` // as on the command line: loss=0.3,delay=100ms; "": perfect
	Plugged *bool   `json:"plugged"`
}

func (p *Page) breakLink(w http.ResponseWriter, r *http.Request) {
	var q linkRequest
	if !read(w, r, &q) {
		return
	}
	name := r.PathValue("name")
	if q.Faults != nil {
		faults, err := internet.ParseFaults(*q.Faults)
		if err == nil {
			err = p.options.Break.SetFaults(name, faults)
		}
		if err != nil {
			fail(w, r, http.StatusConflict, err)
			return
		}
	}
	switch {
	case q.Plugged == nil:
		done(w, r, nil)
	case *q.Plugged:
		done(w, r, p.options.Break.Plug(name))
	default:
		done(w, r, p.options.Break.Unplug(name))
	}
}

// breakServer kills, stops or starts a server.
func (p *Page) breakServer(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Do string `json:"do"`
	}
	if !read(w, r, &q) {
		return
	}
	host, server := r.PathValue("host"), r.PathValue("server")
	switch q.Do {
	case "kill":
		done(w, r, p.options.Break.KillServer(host, server))
	case "stop":
		done(w, r, p.options.Break.StopServer(host, server))
	case "start":
		ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
		defer cancel()
		done(w, r, p.options.Break.StartServer(ctx, host, server))
	default:
		fail(w, r, http.StatusBadRequest, fmt.Errorf("%q: write kill, stop or start", q.Do))
	}
}

// breakNAT turns address translation on or off, or the helper that goes with it.
func (p *Page) breakNAT(w http.ResponseWriter, r *http.Request) {
	var q struct {
		On     *bool `json:"on"`
		Helper *bool `json:"helper"`
	}
	if !read(w, r, &q) {
		return
	}
	router := r.PathValue("router")
	if q.On != nil {
		if err := p.options.Break.SetNAT(router, *q.On); err != nil {
			fail(w, r, http.StatusConflict, err)
			return
		}
	}
	if q.Helper != nil {
		done(w, r, p.options.Break.SetNATHelper(router, *q.Helper))
		return
	}
	done(w, r, nil)
}
