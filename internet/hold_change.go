package internet

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// Edit makes a frame that waits another one. mend makes its lengths and checksums
// right again (IPv4, UDP, TCP, ICMP), so that its receiver believes it; without,
// the receiver finds out. TCP counts bytes: a segment that gets longer or shorter
// tears a hole. Taps see the frame as it is now, marked as changed.
func (h *Hold) Edit(id uint64, data []byte, mend bool) error {
	const longest = ethernetHeader + largestMTU
	if len(data) < ethernetHeader || len(data) > longest {
		return fmt.Errorf("frame %d: %d bytes are no frame; it has from %d to %d", id, len(data), ethernetHeader, longest)
	}
	data = bytes.Clone(data)
	if mend {
		mendFrame(data)
	}
	return h.with(id, func(f *stopped) error {
		f.Data, f.flight.data = data, data
		f.Edited, f.flight.mark = true, frame.Changed
		return nil
	})
}

// Drop has a frame that waits be lost on its link.
func (h *Hold) Drop(id uint64) error {
	return h.with(id, func(f *stopped) error {
		h.takeOut(f)
		f.flight.at = h.net.clock.Now()
		f.Link.fromA.record(&f.flight, f.flight.mark|frame.Lost, 0)
		return nil
	})
}

// Duplicate has a second frame like it wait right behind it, as if the sender had
// sent it twice. It has an ID of its own.
func (h *Hold) Duplicate(id uint64) (second uint64, err error) {
	err = h.with(id, func(f *stopped) error {
		at := slices.Index(h.queue, f)
		switch {
		case at < 0:
			return fmt.Errorf("frame %d goes by itself at %v: %w", id, f.Until.Format(time.TimeOnly), ErrNotHeld)
		case len(h.queue) == maxHeld:
			return fmt.Errorf("frame %d: there is no room for another; let some go first", id)
		}
		twin := newHeld(f.Link, h.net.launch(f.Data))
		twin.Edited, twin.flight.mark = f.Edited, f.flight.mark
		h.queue = slices.Insert(h.queue, at+1, twin)
		second = twin.ID
		return nil
	})
	return second, err
}

// Delay sends a frame that waits on its way by itself, when d has passed on the
// Internet's clock. It no longer keeps the clock, or the frames behind it.
func (h *Hold) Delay(id uint64, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("frame %d: no frame arrives before it is sent; write a delay like 500ms", id)
	}
	return h.with(id, func(f *stopped) error {
		h.takeOut(f)
		f.Until = h.net.clock.Now().Add(d)
		h.delayed = append(h.delayed, f)
		f.timer = h.net.clock.AfterFunc(d, func() { _ = h.Release(f.ID) }) // it may have been dropped
		return nil
	})
}
