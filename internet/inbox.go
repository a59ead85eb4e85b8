package internet

import (
	"sync"
	"sync/atomic"
)

const (
	// inboxSize is how many frames may wait for a card's goroutine: more than
	// the largest TCP window holds.
	inboxSize = 4096

	// keptSlots is the largest queue that an idle inbox keeps the memory of.
	keptSlots = 64
)

// inbox is the queue between the senders of frames, who never wait, and the
// one goroutine that receives them.
type inbox struct {
	used  atomic.Int64  // frames that are reserved, queued or being received
	ready chan struct{} // a token: there is something to do
	done  chan struct{} // closed when serve has returned

	mu     sync.Mutex
	queue  []flight
	closed bool
}

func newInbox() *inbox {
	return &inbox{ready: make(chan struct{}, 1), done: make(chan struct{})}
}

// reserve keeps room for one frame; false means that there is none.
func (b *inbox) reserve() bool {
	if b.used.Add(1) > inboxSize {
		b.used.Add(-1)
		return false
	}
	return true
}

// put queues a frame for which there is room.
func (b *inbox) put(f flight) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		b.used.Add(-1)
		return
	}
	first := len(b.queue) == 0
	b.queue = append(b.queue, f)
	b.mu.Unlock()
	if first {
		b.wake()
	}
}

func (b *inbox) wake() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// serve calls receive with each frame until the inbox is closed.
func (b *inbox) serve(receive func(flight)) {
	defer close(b.done)
	var batch []flight
	for {
		var open bool
		batch, open = b.swap(batch[:0])
		if !open {
			return
		}
		if len(batch) == 0 {
			<-b.ready
			continue
		}
		for i := range batch {
			receive(batch[i])
			batch[i] = flight{}
			b.used.Add(-1)
		}
		if cap(batch) > keptSlots {
			batch = nil
		}
	}
}

// swap takes the whole queue and leaves an empty one.
func (b *inbox) swap(empty []flight) (full []flight, open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, false
	}
	full, b.queue = b.queue, empty
	return full, true
}

// close drops what is queued and waits until the frame that is being received
// has been.
func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	b.queue = nil
	b.mu.Unlock()
	b.wake()
	<-b.done
}
