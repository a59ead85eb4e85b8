package console

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// showMap is who is there, and how they are joined.
func (p *Page) showMap(w http.ResponseWriter, _ *http.Request) {
	if p.options.Map == nil {
		fail(w, http.StatusNotFound, errNone)
		return
	}
	p.views.reply(w, "map", func() (any, error) { return p.options.Map(), nil })
}

// open shows what a host, a router or a switch holds at the moment.
func (p *Page) open(w http.ResponseWriter, r *http.Request) {
	if p.options.Open == nil {
		fail(w, http.StatusNotFound, errNone)
		return
	}
	name := r.PathValue("name")
	p.views.reply(w, "host "+name, func() (any, error) { return p.options.Open(name) })
}

// fresh is for how long a view is taken to be right: a class that looks at one host
// asks it once.
const fresh = 200 * time.Millisecond

// maxViewsKept is how many views are remembered.
const maxViewsKept = 256

// views remembers for a moment what hosts and the map look like.
type views struct {
	mu  sync.Mutex
	all map[string]view
}

type view struct {
	text []byte
	made time.Time
}

// forget has everything looked at anew, since somebody has changed something.
func (v *views) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.all)
}

func (v *views) reply(w http.ResponseWriter, name string, look func() (any, error)) {
	text, err := v.text(name, look)
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // it fails when the browser has left
}

// text is a view as JSON. Who asks for one meanwhile waits for it, and has the same.
func (v *views) text(name string, look func() (any, error)) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if known, ok := v.all[name]; ok && time.Since(known.made) <= fresh {
		return known.text, nil
	}
	seen, err := look()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(seen)
	if err != nil {
		return nil, err
	}
	if v.all == nil || len(v.all) >= maxViewsKept {
		v.all = make(map[string]view)
	}
	v.all[name] = view{text, time.Now()}
	return text, nil
}
