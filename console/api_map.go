package console

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// showMap is who is there, and how they are joined.
func (p *Page) showMap(w http.ResponseWriter, r *http.Request) {
	if p.options.Map == nil {
		fail(w, r, http.StatusNotFound, errNone)
		return
	}
	p.views.reply(w, r, "map", func() (any, error) { return p.options.Map(), nil })
}

// open shows what a host, a router or a switch holds at the moment.
func (p *Page) open(w http.ResponseWriter, r *http.Request) {
	if p.options.Open == nil {
		fail(w, r, http.StatusNotFound, errNone)
		return
	}
	name := r.PathValue("name")
	p.views.reply(w, r, "host "+name, func() (any, error) { return p.options.Open(name) })
}

// fresh is for how long a view is taken to be right: a class that looks at one host
// asks it once.
const fresh = 200 * time.Millisecond

// maxViewsKept is how many views are remembered.
const maxViewsKept = 256

// views remembers for a moment what hosts and the map look like.
type views struct {
	mu  sync.Mutex
	all map[string]*view
}

// view is what one of them looks like. Its lock is held by who looks, so that who asks
// meanwhile waits and has the same. A host that does not answer holds up nobody who
// looks at another.
type view struct {
	mu   sync.Mutex
	text []byte
	made time.Time
}

// forget has everything looked at anew, since somebody has changed something.
func (v *views) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all = nil
}

func (v *views) of(name string) *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all == nil || len(v.all) >= maxViewsKept {
		v.all = make(map[string]*view)
	}
	if v.all[name] == nil {
		v.all[name] = new(view)
	}
	return v.all[name]
}

func (v *views) reply(w http.ResponseWriter, r *http.Request, name string, look func() (any, error)) {
	text, err := v.of(name).now(look)
	if err != nil {
		fail(w, r, http.StatusNotFound, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // it fails when the browser has left
}

// now is the view as JSON.
func (v *view) now(look func() (any, error)) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if time.Since(v.made) <= fresh {
		return v.text, nil
	}
	seen, err := look()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(seen)
	if err != nil {
		return nil, err
	}
	v.text, v.made = text, time.Now()
	return text, nil
}
