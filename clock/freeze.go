package clock

import (
	"sync"
	"time"
)

// hands are what a Movable shows at any machine's time. They are never changed,
// but replaced.
type hands struct {
	ahead time.Duration // of the machine, while the clock runs
	stood time.Time     // where the clock stands still; zero: it runs
}

func (h *hands) now() time.Time {
	if !h.stood.IsZero() {
		return h.stood
	}
	return time.Now().Add(h.ahead)
}

func (h *hands) since(t time.Time) time.Duration {
	if !h.stood.IsZero() {
		return h.stood.Sub(t)
	}
	return time.Since(t) + h.ahead
}

func (h hands) moved(d time.Duration) *hands {
	if !h.stood.IsZero() {
		return &hands{stood: h.stood.Add(d)}
	}
	return &hands{ahead: h.ahead + d}
}

// Freeze makes the clock stand still: no timer rings, except those that are due
// already and those that Skip comes to. It goes on from there, and not from what
// the machine's clock then says, when each Freeze has been thawed. A thaw may be
// called more than once.
func (m *Movable) Freeze() (thaw func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frozen++
	if m.frozen == 1 {
		m.hands.Store(&hands{stood: m.Now()})
		m.setAlarmAnew()
	}
	return sync.OnceFunc(m.thaw)
}

func (m *Movable) thaw() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frozen--
	if m.frozen == 0 {
		m.hands.Store(&hands{ahead: time.Until(m.Now())})
		m.setAlarmAnew()
	}
}

// Frozen reports whether the clock stands still.
func (m *Movable) Frozen() bool { return !m.hands.Load().stood.IsZero() }

// setAlarmAnew is for when the clock begins or ceases to stand still. Called with
// mu held.
func (m *Movable) setAlarmAnew() {
	if m.alarm != nil {
		m.alarm.Stop()
	}
	m.rings = time.Time{}
	m.setAlarm()
}
