package queue

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"
)

// Entry is a message as a list of the queue shows it.
type Entry struct {
	Envelope
	Size       int64       `json:"size"` // of the message, in octets
	Recipients []Recipient `json:"recipients"`
}

// List is what waits, the oldest message first.
func (q *Queue) List() []Entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make([]*message, 0, len(q.messages))
	for _, m := range q.messages {
		if m != nil {
			all = append(all, m)
		}
	}
	return entries(all)
}

// Read lists the queue in a folder that another process may have open.
func Read(dir string) ([]Entry, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	defer root.Close()
	all, err := load(root, slog.New(slog.DiscardHandler))
	return entries(all), err
}

func entries(all []*message) []Entry {
	slices.SortFunc(all, func(a, b *message) int {
		return cmp.Or(a.Arrived.Compare(b.Arrived), strings.Compare(a.ID, b.ID))
	})
	list := make([]Entry, len(all))
	for i, m := range all {
		list[i] = Entry{Envelope: m.Envelope, Size: m.size}
		for _, r := range m.recipients {
			list[i].Recipients = append(list[i].Recipients, *r)
		}
	}
	return list
}

// Flush has everything that waits tried now.
func (q *Queue) Flush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		if m == nil {
			continue
		}
		for _, r := range m.recipients {
			r.Next = time.Time{}
		}
		q.plan(m)
	}
}

// Remove takes a message out of the queue. Nobody is told. One that is being
// delivered at this moment is delivered.
func (q *Queue) Remove(id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.messages[id]
	if m == nil {
		return fmt.Errorf("%w: %s", ErrNoMessage, id)
	}
	m.removed = true
	for _, r := range m.recipients {
		if r.waits() {
			r.State = Failed
		}
	}
	delete(q.messages, id)
	if err := q.root.Remove(m.file); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return q.syncNames()
}
