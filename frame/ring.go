package frame

import (
	"context"
	"sync"
)

// Ring is a [Tap] that keeps the newest frames until somebody reads them. It
// never makes the network wait: when its reader is too slow, the oldest frames
// are overwritten, and counted. One goroutine reads; any number may See.
type Ring struct {
	mu     sync.Mutex
	slots  []Frame // a power of two of them
	read   uint64  // how many the reader has taken or missed
	seen   uint64  // how many were put in
	missed uint64

	waiting bool          // the reader sleeps on ready
	ready   chan struct{} // holds one token
}

// NewRing returns a ring that holds at least n frames.
func NewRing(n int) *Ring {
	size := 1
	for size < n {
		size *= 2
	}
	return &Ring{slots: make([]Frame, size), ready: make(chan struct{}, 1)}
}

// See puts f into the ring.
func (r *Ring) See(f Frame) {
	r.mu.Lock()
	if r.seen-r.read == uint64(len(r.slots)) {
		r.read++
		r.missed++
	}
	r.slots[r.seen&uint64(len(r.slots)-1)] = f
	r.seen++
	wake := r.waiting
	r.waiting = false
	r.mu.Unlock()
	if wake {
		select {
		case r.ready <- struct{}{}:
		default: // a token from an earlier wait is still there
		}
	}
}

// Read waits until there is a frame, moves as many as fit into frames, and
// returns their number. Its error is that of ctx; when ctx has ended, Read
// still hands out what is in the ring before it reports so.
func (r *Ring) Read(ctx context.Context, frames []Frame) (int, error) {
	for {
		n := r.take(frames)
		if n > 0 {
			return n, nil
		}
		select {
		case <-r.ready:
		case <-ctx.Done():
			if n := r.take(frames); n > 0 {
				return n, nil
			}
			return 0, ctx.Err()
		}
	}
}

// take moves what is there; when nothing is, it asks to be woken.
func (r *Ring) take(frames []Frame) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for n < len(frames) && r.read < r.seen {
		slot := &r.slots[r.read&uint64(len(r.slots)-1)]
		frames[n], *slot = *slot, Frame{}
		r.read++
		n++
	}
	r.waiting = n == 0
	return n
}

// Missed is how many frames were overwritten before they were read.
func (r *Ring) Missed() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed
}
