package internet

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
)

// Hold keeps frames from going on their way, so that a class can look at them one
// at a time, and change what they say:
//
//	hold := in.Hold()
//	hold.Begin(internet.HoldOptions{})
//	…
//	for _, f := range hold.Frames() { … }
//	hold.Step(1)
//	hold.End()
//
// A frame is held once: when its sender puts it on its own link, before the link's
// faults, and before any tap is shown it. Where it goes from there, through
// switches and routers, nobody stops it any more. Frames wait in the order in
// which they were sent, over all the Internet. What a host says to itself is on no
// link, and is not held.
//
// While a frame waits, the Internet's clock stands still, if it is one that can:
// else TCP would send again what is only being looked at, and clients would give
// up. Guests that have a kernel of their own have timers that nobody can hold.
type Hold struct {
	net *Internet
	on  atomic.Bool // senders look at this alone, as long as nothing is held

	mu      sync.Mutex
	active  bool
	options HoldOptions
	queue   []*stopped // in the order of the events
	delayed []*stopped // that go by themselves, at a later time
	overrun int
	thaw    func()        // lets the clock go on; nil: we have not stopped it
	pacing  *time.Timer   // nil: nothing goes by itself
	changed chan struct{} // closed at the next change
}

// HoldOptions say what is held.
type HoldOptions struct {
	// Match tells which frames are held; nil: all. It is called in the sender's
	// goroutine, with locks held: it must neither wait nor call back.
	Match func(frame.Frame) bool

	// Pace, if it is not 0, is slow motion: the first frame that waits goes on
	// when so much time of the machine has passed, then the next.
	Pace time.Duration

	// ClockRuns leaves the clock alone: senders grow impatient, and repeat
	// themselves. Else it stands still while a frame waits; and if all frames
	// wait for Step, always: nothing happens unless somebody steps.
	ClockRuns bool
}

// HoldState is how holding is.
type HoldState struct {
	Holding    bool          `json:"holding"`
	Everything bool          `json:"everything"` // all frames, not only some
	Pace       time.Duration `json:"pace"`       // in nanoseconds
	Waiting    int           `json:"waiting"`    // frames
	Delayed    int           `json:"delayed"`    // frames that go by themselves
	Overrun    int           `json:"overrun"`    // frames that were lost since too many waited
	Frozen     bool          `json:"frozen"`     // the clock stands still, for our sake or somebody else's
}

// HeldFrame is a frame that waits.
type HeldFrame struct {
	ID     uint64    // the packet's
	Link   *Link     // its sender's
	Since  time.Time // on the Internet's clock
	Data   []byte    // shared: nobody may change it
	Edited bool
	Until  time.Time // of Delay: when it goes by itself; zero: it waits
}

// stopped is a HeldFrame, and what is to be done about it.
type stopped struct {
	HeldFrame
	flight flight
	timer  clock.Timer // of Delay
}

// maxHeld bounds what waits. A sender whose frames find no more room loses them,
// as at any full queue.
const maxHeld = 4096

// ErrNotHeld is the error for a frame that does not wait, or no longer.
var ErrNotHeld = errors.New("this frame does not wait")

func newHold(in *Internet) *Hold { return &Hold{net: in, changed: make(chan struct{})} }

// Hold is the place where frames can be held.
func (in *Internet) Hold() *Hold { return in.hold }

// Begin holds, from the next frame on, those that the options say. While others
// are held, it changes the options; what waits goes on to wait.
func (h *Hold) Begin(o HoldOptions) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active, h.options = true, o
	h.on.Store(true)
	h.pace()
	h.tell()
}

// End lets everything go, in its order, and holds nothing any more. It returns how
// many frames there were. Frames with a Delay keep it.
func (h *Hold) End() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := len(h.queue)
	h.active, h.overrun = false, 0
	h.pace()
	for len(h.queue) > 0 {
		h.letGo(h.queue[0])
	}
	h.on.Store(false) // now: nobody must overtake what has waited
	h.tell()
	return n
}

// Step lets the first n frames go, and returns how many there were.
func (h *Hold) Step(n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n = min(n, len(h.queue))
	for range n {
		h.letGo(h.queue[0])
	}
	h.tell()
	return max(0, n)
}

// Release lets a frame go before those that have waited longer, or sooner than its
// Delay.
func (h *Hold) Release(id uint64) error {
	return h.with(id, func(f *stopped) error {
		h.letGo(f)
		return nil
	})
}

// State tells how holding is.
func (h *Hold) State() HoldState {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := HoldState{
		Holding: h.active, Everything: h.active && h.options.Match == nil, Pace: h.options.Pace,
		Waiting: len(h.queue), Delayed: len(h.delayed), Overrun: h.overrun,
	}
	if c, ok := h.net.clock.(interface{ Frozen() bool }); ok {
		s.Frozen = c.Frozen()
	}
	return s
}

// Frames are those that wait, in the order of the events; after them, those that
// go by themselves.
func (h *Hold) Frames() []HeldFrame {
	h.mu.Lock()
	defer h.mu.Unlock()
	frames := make([]HeldFrame, 0, len(h.queue)+len(h.delayed))
	for _, f := range slices.Concat(h.queue, h.delayed) {
		frames = append(frames, f.HeldFrame)
	}
	return frames
}

// Changed is closed at the next change of State or Frames.
func (h *Hold) Changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}

// catches reports whether a frame that is new to the network waits now.
func (h *Hold) catches(l *Link, f flight) bool { return h.on.Load() && h.catch(l, f) }

func (h *Hold) catch(l *Link, f flight) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.active || h.options.Match != nil && !h.options.Match(l.fromA.sighting(&f, 0, 0)) {
		return false
	}
	if len(h.queue) == maxHeld {
		h.overrun++
		l.fromA.record(&f, frame.Overrun, 0)
		return true
	}
	h.queue = append(h.queue, newHeld(l, f))
	h.pace()
	h.tell()
	return true
}

func newHeld(l *Link, f flight) *stopped {
	return &stopped{HeldFrame: HeldFrame{ID: f.id, Link: l, Since: f.at, Data: f.data}, flight: f}
}

// letGo puts a frame on its link. Nothing on the way from there comes back to h:
// links only fill queues.
func (h *Hold) letGo(f *stopped) {
	h.takeOut(f)
	f.flight.at = h.net.clock.Now()
	f.Link.fromA.send(f.flight)
}

// with does something to a frame that waits.
func (h *Hold) with(id uint64, do func(*stopped) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range slices.Concat(h.queue, h.delayed) {
		if f.ID == id {
			err := do(f)
			h.tell()
			return err
		}
	}
	return fmt.Errorf("frame %d: %w", id, ErrNotHeld)
}

func (h *Hold) takeOut(f *stopped) {
	same := func(other *stopped) bool { return other == f }
	h.queue = slices.DeleteFunc(h.queue, same)
	h.delayed = slices.DeleteFunc(h.delayed, same)
	if f.timer != nil {
		f.timer.Stop()
	}
}

// tell is called after each change: it sees to the clock, and wakes who waits for a
// change.
func (h *Hold) tell() {
	h.setClock()
	close(h.changed)
	h.changed = make(chan struct{})
}

// close forgets everything.
func (h *Hold) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active = false
	h.pace()
	for _, f := range h.delayed {
		f.timer.Stop()
	}
	h.queue, h.delayed = nil, nil
	h.on.Store(false)
	h.tell()
}
