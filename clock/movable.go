package clock

import (
	"container/heap"
	"sync"
	"sync/atomic"
	"time"
)

// Movable is a clock that runs as fast as the machine's, and can be moved
// ahead with Skip, or made to stand still with Freeze. Make one with [NewMovable].
type Movable struct {
	hands atomic.Pointer[hands]

	// settle waits until what the timers started has come to rest.
	settle atomic.Pointer[func()]

	skipping sync.Mutex // one Skip at a time

	mu      sync.Mutex
	waiting timers
	alarm   *time.Timer // the machine's timer that calls ring
	rings   time.Time   // when alarm is due; zero: it is not set
	frozen  int         // how many Freeze have not been thawed
}

// NewMovable returns a clock that shows the machine's time until it is moved.
func NewMovable() *Movable {
	m := &Movable{}
	m.hands.Store(&hands{})
	return m
}

// Now is the machine's time plus all that was skipped, minus all the time that
// the clock has stood still.
func (m *Movable) Now() time.Time { return m.hands.Load().now() }

// Since is how long ago t was on this clock: Now().Sub(t).
func (m *Movable) Since(t time.Time) time.Duration { return m.hands.Load().since(t) }

// OnSettle gives the clock a function that waits until the world that it
// drives is at rest. Skip calls it after each step, so that what one timer
// starts (a lease's renewal) has happened before the next is due. Without one,
// Skip gives each step a few milliseconds.
func (m *Movable) OnSettle(wait func()) { m.settle.Store(&wait) }

// AfterFunc calls f in a goroutine of its own once d has passed or was skipped.
func (m *Movable) AfterFunc(d time.Duration, f func()) Timer {
	t := &timer{clock: m, call: f, at: notWaiting}
	t.Reset(d)
	return t
}

// Skip moves the clock ahead by d. It stops at each timer on the way, in their
// order, lets it run and lets its effects settle; timers set on the way that
// are due before the end are part of it. A clock that stands still is moved,
// too, and goes on to stand still.
func (m *Movable) Skip(d time.Duration) {
	m.skipping.Lock()
	defer m.skipping.Unlock()
	end := m.Now().Add(d)
	for {
		due, ok := m.nextBefore(end)
		if !ok {
			break
		}
		m.moveTo(due)
		m.ring()
		m.rest()
	}
	m.moveTo(end)
	m.ring()
}

// SkipToNext moves the clock to the time of the next timer, lets it run and lets
// its effects settle. It says how far that was; ok is false when none is waiting.
func (m *Movable) SkipToNext() (moved time.Duration, ok bool) {
	m.skipping.Lock()
	defer m.skipping.Unlock()
	due, ok := m.Next()
	if !ok {
		return 0, false
	}
	moved = max(0, due.Sub(m.Now()))
	m.moveTo(due)
	m.ring()
	m.rest()
	return moved, true
}

// Next is when the next timer is due; ok is false when none is waiting.
func (m *Movable) Next() (due time.Time, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) == 0 {
		return time.Time{}, false
	}
	return m.waiting[0].due, true
}

func (m *Movable) nextBefore(end time.Time) (time.Time, bool) {
	due, ok := m.Next()
	return due, ok && !due.After(end)
}

// moveTo sets the clock to t, but never back.
func (m *Movable) moveTo(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := *m.hands.Load()
	if d := t.Sub(h.now()); d > 0 {
		m.hands.Store(h.moved(d))
	}
}

func (m *Movable) rest() {
	if wait := m.settle.Load(); wait != nil {
		(*wait)()
		return
	}
	time.Sleep(3 * time.Millisecond)
}

// ring starts the calls of all timers that are due, in their order.
func (m *Movable) ring() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rings = time.Time{}
	now := m.Now()
	for len(m.waiting) > 0 && !m.waiting[0].due.After(now) {
		t := heap.Pop(&m.waiting).(*timer)
		go t.call()
	}
	m.setAlarm()
}

// setAlarm makes the machine wake us for the first waiting timer. An alarm that
// comes too early is left alone: it rings for nothing and is set again, which is
// cheaper than moving it whenever a timer is stopped. Called with mu held.
func (m *Movable) setAlarm() {
	if len(m.waiting) == 0 {
		return
	}
	first := m.waiting[0].due
	if !m.rings.IsZero() && !first.Before(m.rings) {
		return
	}
	wait := first.Sub(m.Now())
	if m.frozen > 0 && wait > 0 {
		return // it does not come nearer by itself
	}
	m.rings = first
	if m.alarm == nil {
		m.alarm = time.AfterFunc(wait, m.ring)
		return
	}
	m.alarm.Reset(wait)
}

// timer is one call to come on a Movable.
type timer struct {
	clock *Movable
	call  func()
	due   time.Time
	at    int // its place in clock.waiting, or notWaiting
}

const notWaiting = -1

func (t *timer) Stop() bool {
	m := t.clock
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.at == notWaiting {
		return false
	}
	heap.Remove(&m.waiting, t.at)
	return true
}

func (t *timer) Reset(d time.Duration) bool {
	m := t.clock
	m.mu.Lock()
	defer m.mu.Unlock()
	t.due = m.Now().Add(d)
	was := t.at != notWaiting
	if was {
		heap.Fix(&m.waiting, t.at)
	} else {
		heap.Push(&m.waiting, t)
	}
	if t.at == 0 {
		m.setAlarm()
	}
	return was
}

// timers is a heap, the first to come on top.
type timers []*timer

func (ts timers) Len() int           { return len(ts) }
func (ts timers) Less(i, j int) bool { return ts[i].due.Before(ts[j].due) }
func (ts timers) Swap(i, j int) {
	ts[i], ts[j] = ts[j], ts[i]
	ts[i].at, ts[j].at = i, j
}

func (ts *timers) Push(x any) {
	t := x.(*timer)
	t.at = len(*ts)
	*ts = append(*ts, t)
}

func (ts *timers) Pop() any {
	last := len(*ts) - 1
	t := (*ts)[last]
	(*ts)[last] = nil
	*ts = (*ts)[:last]
	t.at = notWaiting
	return t
}
