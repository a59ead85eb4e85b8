package internet

import "time"

const (
	// settleQuiet is for how long nothing must have happened, in the
	// machine's time: a server needs a moment to answer.
	settleQuiet = 4 * time.Millisecond

	// settleAtMost ends the waiting in a network that is never quiet.
	settleAtMost = time.Second
)

// Settle returns when for a moment no frame has been sent and none is waiting
// to be received, or after a second. Frames that a cable still holds are not
// waited for: they are due at a later time of the Internet's clock, as any
// other timer is. It is made for [clock.Movable.OnSettle].
func (in *Internet) Settle() {
	const pause = time.Millisecond
	before, quiet := in.traffic(), time.Duration(0)
	for range settleAtMost / pause {
		time.Sleep(pause)
		now := in.traffic()
		quiet += pause
		if now != before || in.receiving() {
			before, quiet = now, 0
		}
		if quiet >= settleQuiet {
			return
		}
	}
}

// traffic is a number that grows with each frame.
func (in *Internet) traffic() uint64 { return in.lastID.Load() + in.released.Load() }

// receiving reports whether a frame is in a queue.
func (in *Internet) receiving() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, l := range in.links {
		if r, ok := l.fromB.to.(interface{ busy() bool }); ok && r.busy() {
			return true
		}
	}
	return false
}

func (p *Port) busy() bool { return p.in.used.Load() > 0 }
func (c *Card) busy() bool { return c.in.used.Load() > 0 }
