package internet

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// deadline is when one side of a socket gives up. A server sets one for each
// request, so setting it does no more than to remember it: the timer is set by
// who really has to wait, and is left alone when it rings early enough.
type deadline struct {
	net  *Internet
	ring func() // wakes who waits

	at      atomic.Int64 // nanoseconds since the Internet's start; 0: never
	waiting atomic.Bool  // somebody waits, and must be told of a new time

	mu      sync.Mutex
	timer   clock.Timer
	rings   time.Duration // when the timer rings, unless that is past
	stopped bool
}

func (d *deadline) set(t time.Time) {
	at := int64(0)
	if !t.IsZero() {
		at = int64(t.Sub(d.net.start))
		if at == 0 {
			at = 1
		}
	}
	d.at.Store(at)
	if d.waiting.Load() {
		d.ring()
	}
}

func (d *deadline) passed() bool {
	at := d.at.Load()
	return at != 0 && int64(d.net.now()) >= at
}

// arm makes sure that the caller, who is about to wait, is woken in time.
func (d *deadline) arm() {
	d.waiting.Store(true) // before at is read: set looks at them the other way round
	at := time.Duration(d.at.Load())
	if at == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.net.now()
	if d.stopped || (d.rings > now && d.rings <= at) {
		return
	}
	d.rings = at
	if d.timer == nil {
		d.timer = d.net.clock.AfterFunc(at-now, d.ring)
		return
	}
	d.timer.Reset(at - now)
}

func (d *deadline) disarm() { d.waiting.Store(false) }

// stop gives the timer back.
func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	if d.timer != nil {
		d.timer.Stop()
	}
}
