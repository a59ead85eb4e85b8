package console

import (
	"net/http"
	"time"
)

// clockNow is how the world's clock stands.
type clockNow struct {
	Now    time.Time `json:"now"`
	Frozen bool      `json:"frozen"`
	Next   *float64  `json:"next,omitempty"` // seconds to the next timer
}

func (p *Page) clockNow() *clockNow {
	c := p.options.Clock
	if c == nil {
		return nil
	}
	now := &clockNow{Now: c.Now(), Frozen: c.Frozen()}
	if due, ok := c.Next(); ok {
		seconds := max(due.Sub(now.Now).Seconds(), 0)
		now.Next = &seconds
	}
	return now
}

// clockRequest moves the clock ahead: by so much, or to the next timer.
type clockRequest struct {
	Seconds float64 `json:"seconds"`
	Next    bool    `json:"next"`
}

// maxSkip is how far the clock is moved at once: a week.
const maxSkip = 7 * 24 * 3600

func (p *Page) moveClock(w http.ResponseWriter, r *http.Request) {
	var q clockRequest
	if !read(w, r, &q) {
		return
	}
	p.clocking.Lock() // one at a time: an hour has many timers
	defer p.clocking.Unlock()
	switch {
	case q.Next:
		moved, ok := p.options.Clock.SkipToNext()
		if !ok {
			fail(w, r, http.StatusConflict, errTimer)
			return
		}
		reply(w, map[string]float64{"moved": moved.Seconds()})
	case q.Seconds > 0 && q.Seconds <= maxSkip:
		p.options.Clock.Skip(time.Duration(q.Seconds * float64(time.Second)))
		reply(w, map[string]float64{"moved": q.Seconds})
	default:
		fail(w, r, http.StatusBadRequest, errAhead)
		return
	}
	p.journal.wake()
}
