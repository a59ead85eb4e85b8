package internet

import (
	"sync/atomic"

	"github.com/wirebook/wirebook/frame"
)

// lane is one direction of a link.
type lane struct {
	link      *Link
	fromB     bool
	to        end
	unplugged atomic.Bool
	faulty    atomic.Pointer[faultyLane] // nil: it is perfect
}

// send puts a frame on the lane. A perfect lane delivers it before send
// returns.
func (l *lane) send(f flight) {
	if l.unplugged.Load() {
		l.record(&f, frame.Lost|f.mark, 0)
		return
	}
	if bad := l.faulty.Load(); bad != nil {
		bad.send(f)
		return
	}
	l.deliver(f, f.mark)
}

// deliver shows the frame to the taps and hands it over, in this order: an
// answer must not be seen before what it answers.
func (l *lane) deliver(f flight, fate frame.Fate) {
	if !l.to.admit(f.data) {
		l.record(&f, fate|frame.Overrun, 0)
		return
	}
	l.record(&f, fate, 0)
	l.to.take(f)
}

func (l *lane) setFaults(f Faults) {
	var bad *faultyLane
	if !f.none() {
		bad = newFaultyLane(l, f)
	}
	if old := l.faulty.Swap(bad); old != nil {
		old.retire()
	}
}

func (l *lane) currentFaults() Faults {
	if bad := l.faulty.Load(); bad != nil {
		return bad.faults.clone()
	}
	return Faults{}
}

func (l *lane) stop() {
	if bad := l.faulty.Swap(nil); bad != nil {
		bad.stop()
	}
}
