package wire

import "sync"

// Log collects messages, each as it is known best. It holds a bounded number,
// and forgets the oldest.
type Log struct {
	mu       sync.Mutex
	max      int
	messages []*Message
	first    int            // of messages: those before were forgotten
	at       map[uint64]int // a message's place in messages
	left     uint64
}

// NewLog returns a log of at most max messages.
func NewLog(max int) *Log {
	return &Log{max: max, at: make(map[uint64]int)}
}

// Follow adds what the subscription tells, until it ends.
func (l *Log) Follow(s *Subscription) {
	for e := range s.C {
		l.Add(e)
	}
}

// Add takes an event.
func (l *Log) Add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i, ok := l.at[e.Message.ID]; ok {
		l.messages[i] = e.Message
		return
	}
	if e.Update {
		return // of a message that was forgotten
	}
	l.at[e.Message.ID] = len(l.messages)
	l.messages = append(l.messages, e.Message)
	if len(l.messages)-l.first > l.max {
		l.forget()
	}
}

func (l *Log) forget() {
	delete(l.at, l.messages[l.first].ID)
	l.messages[l.first] = nil
	l.first++
	l.left++
	if l.first < l.max { // move them only now and then
		return
	}
	l.messages = append([]*Message(nil), l.messages[l.first:]...)
	l.first = 0
	for i, m := range l.messages {
		l.at[m.ID] = i
	}
}

// Messages are those that the log holds, in the order of the events.
func (l *Log) Messages() []*Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*Message(nil), l.messages[l.first:]...)
}

// Left is how many were forgotten.
func (l *Log) Left() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left
}
