package classroom

import "github.com/wirebook/wirebook/frame"

// Feed shows the frames of a class as if its switches had never died: those that come
// back count packets and cables from the beginning.
type Feed struct {
	taps   taps
	links  map[string]*frame.Link
	before uint64 // packets of former lives
	last   uint64 // the newest packet
}

// Tap shows t every frame from now on, until remove.
func (f *Feed) Tap(t frame.Tap) (remove func()) { return f.taps.add(t) }

// Begin is called before the first frame of each life.
func (f *Feed) Begin() { f.before = f.last }

// See takes a frame as the switches tell it. One goroutine calls Begin and See.
func (f *Feed) See(one frame.Frame) {
	if one.ID != 0 {
		one.ID += f.before
		f.last = max(f.last, one.ID)
	}
	one.Link = f.link(one.Link)
	f.taps.See(one)
}

// link is the cable by the number that it had first.
func (f *Feed) link(l *frame.Link) *frame.Link {
	known := f.links[l.Name]
	if known != nil && known.A == l.A && known.B == l.B {
		return known
	}
	if f.links == nil {
		f.links = make(map[string]*frame.Link)
	}
	mine := *l
	mine.Index = len(f.links)
	if known != nil {
		mine.Index = known.Index
	}
	f.links[l.Name] = &mine
	return &mine
}
