package classroom

import (
	"slices"
	"sync"

	"github.com/wirebook/wirebook/frame"
)

// taps are those who watch.
type taps struct {
	mu  sync.Mutex
	all []*frame.Tap
}

// See shows f to all of them.
func (t *taps) See(f frame.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tap := range t.all {
		(*tap).See(f)
	}
}

func (t *taps) add(tap frame.Tap) (remove func()) {
	entry := &tap
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, entry)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.all = slices.DeleteFunc(t.all, func(other *frame.Tap) bool { return other == entry })
	}
}
