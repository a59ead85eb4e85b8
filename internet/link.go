package internet

import (
	"time"

	"github.com/wirebook/wirebook/frame"
)

// flight is a frame on its way through the network.
type flight struct {
	id   uint64     // the packet's, kept by switches and routers
	hop  uint8      // how many links it has crossed
	mark frame.Fate // what somebody did to it before it came to its first link
	at   time.Time
	data []byte // the whole frame; shared, so nobody changes it
}

// next is the flight as the next link gets it.
func (f flight) next() flight {
	if f.hop < 255 {
		f.hop++
	}
	f.mark = 0
	return f
}

// end is what a lane leads to: a card, or a port of a switch.
type end interface {
	// admit reports whether there is room for a frame, and if so keeps it.
	admit(data []byte) bool

	// take receives a frame that was admitted. It is called in the sender's
	// goroutine, often with a stack's locks held: it must not wait, and
	// must not call a stack.
	take(f flight)
}

// Link is one cable. It joins a host or a router (end A) to a switch (end B).
type Link struct {
	net   *Internet
	info  frame.Link
	fromA lane
	fromB lane

	detach func() // takes the cable out of the switch
}

// Direction tells the two lanes of a link apart.
type Direction uint8

// The directions of a link.
const (
	Both  Direction = iota
	FromA           // from the host or router to the switch
	FromB           // from the switch to the host or router
)

func newLink(in *Internet, info frame.Link, toA, toB end) *Link {
	l := &Link{net: in, info: info}
	l.fromA = lane{link: l, to: toB}
	l.fromB = lane{link: l, to: toA, fromB: true}
	return l
}

// Info says what the link is called and what it joins. The taps see the same
// pointer in every frame.
func (l *Link) Info() *frame.Link { return &l.info }

// Name is unique in the Internet.
func (l *Link) Name() string { return l.info.Name }

// SetFaults makes the link, in that direction, as good or as bad as f says,
// from the next frame on. The lane begins to count frames, and to draw its
// chances, anew: the same seed and the same frames meet the same fate.
func (l *Link) SetFaults(d Direction, f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	for _, lane := range l.lanes(d) {
		lane.setFaults(f)
	}
	return nil
}

// Faults are the faults of one direction; of Both, those from A.
func (l *Link) Faults(d Direction) Faults {
	return l.lanes(d)[0].currentFaults()
}

// enter puts a frame on the link, from end A, that is new to the network.
func (l *Link) enter(data []byte) {
	f := l.net.launch(data)
	if !l.net.hold.catches(l, f) {
		l.fromA.send(f)
	}
}

// Unplug pulls the cable out: frames put on it are lost until Plug.
func (l *Link) Unplug() { l.setPlugged(false) }

// Plug puts the cable back in.
func (l *Link) Plug() { l.setPlugged(true) }

// Plugged reports whether the cable is in.
func (l *Link) Plugged() bool { return !l.fromA.unplugged.Load() }

func (l *Link) setPlugged(in bool) {
	l.fromA.unplugged.Store(!in)
	l.fromB.unplugged.Store(!in)
}

func (l *Link) lanes(d Direction) []*lane {
	switch d {
	case FromA:
		return []*lane{&l.fromA}
	case FromB:
		return []*lane{&l.fromB}
	}
	return []*lane{&l.fromA, &l.fromB}
}

// remove takes the cable away for good, with what is on it.
func (l *Link) remove() {
	l.Unplug()
	l.detach()
	l.fromA.stop()
	l.fromB.stop()
	l.net.takeUp(l)
}
