package internet

import (
	"slices"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// tap makes each call of Tap a thing of its own, so that it can be removed.
type tap struct{ frame.Tap }

// Tap has every frame on every link shown to t, in the sender's goroutine: t
// must neither wait nor call back. A packet that a router has to drop is shown again
// ([frame.Frame].Again). remove ends that; a frame that is on its way
// at that moment may still be shown.
func (in *Internet) Tap(t frame.Tap) (remove func()) {
	added := &tap{t}
	in.changeTaps(func(taps []*tap) []*tap { return append(taps, added) })
	return func() {
		in.changeTaps(func(taps []*tap) []*tap {
			return slices.DeleteFunc(taps, func(t *tap) bool { return t == added })
		})
	}
}

// changeTaps replaces the list as a whole: the lanes read it without a lock,
// and find nil where nobody watches.
func (in *Internet) changeTaps(change func([]*tap) []*tap) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var taps []*tap
	if old := in.taps.Load(); old != nil {
		taps = slices.Clone(*old)
	}
	taps = change(taps)
	if len(taps) == 0 {
		in.taps.Store(nil)
		return
	}
	in.taps.Store(&taps)
}

// record shows the taps a frame that the lane has taken.
func (l *lane) record(f *flight, fate frame.Fate, delay time.Duration) {
	if taps := l.link.net.taps.Load(); taps != nil {
		show(*taps, l.sighting(f, fate, delay))
	}
}

// discarded tells the taps that the node which the lane leads to has thrown away a
// frame that it had got.
func (l *lane) discarded(f flight) {
	if taps := l.link.net.taps.Load(); taps != nil {
		f.at = l.link.net.clock.Now()
		seen := l.sighting(&f, frame.Discarded, 0)
		seen.Again = true
		show(*taps, seen)
	}
}

func show(taps []*tap, seen frame.Frame) {
	for _, t := range taps {
		t.See(seen)
	}
}

func (l *lane) sighting(f *flight, fate frame.Fate, delay time.Duration) frame.Frame {
	return frame.Frame{
		ID:    f.id,
		Hop:   f.hop,
		Link:  &l.link.info,
		FromB: l.fromB,
		Time:  f.at,
		Delay: delay,
		Fate:  fate,
		Data:  f.data,
	}
}
