package console

import (
	"fmt"
	"net/http"
	"time"
)

// listDemos says which demos there are.
func (p *Page) listDemos(w http.ResponseWriter, _ *http.Request) {
	reply(w, append([]Demo{}, p.stage.demos.List()...))
}

// demoRequest says what is to become of the demos.
type demoRequest struct {
	Do    string `json:"do"`    // "start", "next", "auto", "restart" or "stop"
	Name  string `json:"name"`  // of start
	Cue   uint64 `json:"cue"`   // of next: after which cue
	Pause int    `json:"pause"` // of auto: milliseconds; 0: it does not go on by itself
}

// maxAuto is the longest pause of a demo that plays by itself, in milliseconds.
const maxAuto = 600_000

// demo begins a demo, goes on with it, or ends it.
func (p *Page) demo(w http.ResponseWriter, r *http.Request) {
	var q demoRequest
	if !read(w, r, &q) {
		return
	}
	now := p.stage.performance()
	switch q.Do {
	case "start":
		done(w, r, p.stage.start(q.Name, languageOf(r)))
		return
	case "restart":
		done(w, r, p.stage.restart(languageOf(r)))
		return
	case "stop":
		p.stage.stop()
		done(w, r, nil)
		return
	case "next", "auto":
	default:
		fail(w, r, http.StatusBadRequest, fmt.Errorf("%q: write start, next, auto, restart or stop", q.Do))
		return
	}
	if now == nil {
		done(w, r, errNothing)
		return
	}
	now.language.Store(languageOf(r))
	switch {
	case q.Do == "next":
		now.narration.cue(q.Cue)
	case q.Pause < 0 || q.Pause > maxAuto:
		fail(w, r, http.StatusBadRequest, fmt.Errorf("a pause is from 0 to %d ms", maxAuto))
		return
	default:
		now.narration.auto(time.Duration(q.Pause) * time.Millisecond)
	}
	done(w, r, nil)
}

// narrate writes how far the demo is, if there is one and that is news, and returns
// what is closed when it is further.
func (v *viewer) narrate() <-chan struct{} {
	switch {
	case v.page.narration != nil:
		text, changed := v.page.narration.state()
		if string(text) != v.narrated {
			v.narrated = string(text)
			v.event("demo", v.narrated)
		}
		return changed
	case v.page.stage != nil && v.narrated == "":
		v.narrated = string(nothingOn(v.page.options.Name))
		v.event("demo", v.narrated)
	}
	return nil
}
