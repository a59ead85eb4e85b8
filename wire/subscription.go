package wire

import (
	"sync"
	"sync/atomic"
)

// Subscription is one who is told of messages.
type Subscription struct {
	C      <-chan Event // closed when there will be no more
	events chan Event
	missed atomic.Uint64
	from   *Watcher
	once   sync.Once
}

// Missed is how many events were thrown away, the oldest first, because C was
// full: a slow reader slows nobody else.
func (s *Subscription) Missed() uint64 { return s.missed.Load() }

// Close ends the subscription. C is closed.
func (s *Subscription) Close() {
	s.from.subscribers.Lock()
	defer s.from.subscribers.Unlock()
	delete(s.from.subscribers.all, s)
	s.close()
}

func (s *Subscription) close() { s.once.Do(func() { close(s.events) }) }

// tell never waits. Only one goroutine calls it at a time.
func (s *Subscription) tell(e Event) {
	for {
		select {
		case s.events <- e:
			return
		default:
		}
		select {
		case <-s.events:
			s.missed.Add(1)
		default: // its reader was quicker
		}
	}
}

// subscribers are all that are told.
type subscribers struct {
	sync.Mutex
	all    map[*Subscription]bool
	closed bool
}

// Subscribe has every message from now on sent to the subscription's channel,
// which holds n events.
func (w *Watcher) Subscribe(n int) *Subscription {
	events := make(chan Event, max(n, 1))
	s := &Subscription{C: events, events: events, from: w}
	w.subscribers.Lock()
	defer w.subscribers.Unlock()
	if w.subscribers.closed {
		s.close()
		return s
	}
	if w.subscribers.all == nil {
		w.subscribers.all = make(map[*Subscription]bool)
	}
	w.subscribers.all[s] = true
	return s
}

func (s *subscribers) tell(e Event) {
	s.Lock()
	defer s.Unlock()
	for sub := range s.all {
		sub.tell(e)
	}
}

func (s *subscribers) closeAll() {
	s.Lock()
	defer s.Unlock()
	s.closed = true
	for sub := range s.all {
		sub.close()
	}
	clear(s.all)
}
