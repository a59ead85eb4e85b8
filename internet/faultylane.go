package internet

import (
	"cmp"
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
)

const (
	// reorderGap is how much longer a frame is held so that others overtake
	// it, where no delay of the cable's own does so.
	reorderGap = 10 * time.Millisecond

	// defaultQueue is the room, in frames, before a slow transmitter.
	defaultQueue = 100

	// mostHeld bounds what a long cable holds, in frames.
	mostHeld = 1 << 14
)

// faultyLane is what a lane does to frames while it has faults.
type faultyLane struct {
	lane   *lane
	faults Faults

	mu      sync.Mutex
	chance  *rand.Rand
	count   uint64      // frames so far; the first is 1
	leaving []time.Time // when the frames before the transmitter will have left it
	last    time.Time   // when the last frame that keeps its order arrives
	held    heldFrames
	ring    clock.Timer // calls release
	stopped bool
}

func newFaultyLane(l *lane, f Faults) *faultyLane {
	name := fnv.New64a()
	name.Write([]byte(l.link.info.Name))
	if l.fromB {
		name.Write([]byte{1})
	}
	return &faultyLane{
		lane:   l,
		faults: f.clone(),
		chance: rand.New(rand.NewPCG(l.link.net.seed^name.Sum64(), 0)),
	}
}

// luck is what chance has in store for one frame.
type luck struct {
	lost, doubled, reordered, changed bool
	jitter                            time.Duration
	bit                               uint64
}

// draw takes the same number of random values for every frame, so that the
// fate of the nth frame depends on nothing but n and the seed.
func (b *faultyLane) draw() luck {
	f := &b.faults
	b.count++
	d := luck{
		lost:      b.chance.Float64() < f.Loss,
		doubled:   b.chance.Float64() < f.Duplicate,
		reordered: b.chance.Float64() < f.Reorder,
		changed:   b.chance.Float64() < f.Corrupt,
		jitter:    time.Duration(b.chance.Float64() * float64(f.Jitter)),
		bit:       b.chance.Uint64(),
	}
	if f.Down || slices.Contains(f.Drop, b.count) {
		d.lost = true
	}
	return d
}

func (b *faultyLane) send(f flight) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.lane.link.net.clock.Now()
	f.at = now
	d := b.draw()
	left, ok := b.transmit(now, len(f.data))
	switch {
	case b.stopped || !ok:
		b.lane.record(&f, frame.Overrun|f.mark, 0)
		return
	case d.lost:
		b.lane.record(&f, frame.Lost|f.mark, 0)
		return
	}
	fate := d.apply(&f) | f.mark
	arrives := b.arrival(left, d)
	copies := 1
	if d.doubled {
		copies = 2
	}
	if !arrives.After(now) && len(b.held) == 0 {
		b.lane.deliver(f, fate)
		if d.doubled && b.lane.to.admit(f.data) {
			b.lane.to.take(f)
		}
		return
	}
	b.lane.record(&f, fate, arrives.Sub(now))
	f.at = arrives
	for range copies {
		b.hold(f)
	}
}

// apply does to the frame what does not depend on time.
func (d *luck) apply(f *flight) frame.Fate {
	var fate frame.Fate
	if d.doubled {
		fate |= frame.Doubled
	}
	if d.reordered {
		fate |= frame.Reordered
	}
	if d.changed && len(f.data) > ethernetHeader {
		fate |= frame.Changed
		f.data = flip(f.data, d.bit)
	}
	return fate
}

// flip returns a copy of the frame in which one bit after the Ethernet header
// is another. (In the header it would go astray, which is Loss's business; and
// the check sequence that a real card looks at is no part of a frame here.)
func flip(data []byte, bit uint64) []byte {
	data = slices.Clone(data)
	payload := data[ethernetHeader:]
	bit %= uint64(len(payload)) * 8
	payload[bit/8] ^= 1 << (bit % 8)
	return data
}

// transmit says when a frame of that size will have left the transmitter,
// which sends one after the other, at the lane's rate (the book's L/R); ok is
// false when the queue before it is full.
func (b *faultyLane) transmit(now time.Time, size int) (left time.Time, ok bool) {
	if len(b.held) >= mostHeld {
		return now, false
	}
	if b.faults.Rate == 0 {
		return now, true
	}
	gone := 0
	for gone < len(b.leaving) && !b.leaving[gone].After(now) {
		gone++
	}
	b.leaving = slices.Delete(b.leaving, 0, gone)
	start := now
	if n := len(b.leaving); n > 0 {
		if n > cmp.Or(b.faults.Queue, defaultQueue) { // one is being sent, the others wait
			return now, false
		}
		start = b.leaving[n-1]
	}
	seconds := float64(size*8) / float64(b.faults.Rate)
	left = start.Add(time.Duration(seconds * float64(time.Second)))
	b.leaving = append(b.leaving, left)
	return left, true
}

// arrival is when a frame that left the transmitter is at the other end.
// Jitter alone does not change the order: that is Reorder's business.
func (b *faultyLane) arrival(left time.Time, d luck) time.Time {
	at := left.Add(b.faults.Delay + d.jitter)
	if d.reordered {
		return at.Add(reorderGap)
	}
	if at.Before(b.last) {
		at = b.last
	}
	b.last = at
	return at
}

// hold keeps the frame until f.at.
func (b *faultyLane) hold(f flight) {
	heap.Push(&b.held, heldFrame{f, b.count})
	if b.held[0].id == f.id {
		b.wind()
	}
}

// wind sets the timer to the first frame that is due.
func (b *faultyLane) wind() {
	if len(b.held) == 0 || b.stopped {
		return
	}
	c := b.lane.link.net.clock
	wait := b.held[0].at.Sub(c.Now())
	if b.ring == nil {
		b.ring = c.AfterFunc(wait, b.release)
		return
	}
	b.ring.Reset(wait)
}

// release delivers the frames that are due.
func (b *faultyLane) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	net := b.lane.link.net
	now := net.clock.Now()
	for len(b.held) > 0 && !b.held[0].at.After(now) {
		f := heap.Pop(&b.held).(heldFrame).flight
		net.released.Add(1)
		if b.lane.to.admit(f.data) {
			b.lane.to.take(f)
		}
	}
	b.wind()
}

// retire lets what is held still arrive.
func (b *faultyLane) retire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.held) == 0 {
		b.stopped = true
	}
}

// stop drops what is held.
func (b *faultyLane) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	b.held = nil
	if b.ring != nil {
		b.ring.Stop()
	}
}

// heldFrame is a frame on a long cable. Frames that are due at the same time
// arrive in the order in which they were sent.
type heldFrame struct {
	flight
	order uint64
}

type heldFrames []heldFrame

func (h heldFrames) Len() int      { return len(h) }
func (h heldFrames) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h heldFrames) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}

func (h *heldFrames) Push(x any) { *h = append(*h, x.(heldFrame)) }
func (h *heldFrames) Pop() any {
	last := len(*h) - 1
	f := (*h)[last]
	(*h)[last] = heldFrame{}
	*h = (*h)[:last]
	return f
}
