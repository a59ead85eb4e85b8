package demos

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire/filter"
)

// hold makes packets wait where they are sent, so that they can be let go one at a
// time.
type hold struct{ which *line } // nil: what waits goes on, and nothing is held

func (a hold) check(c *checker) { c.filter(a.which) }

func (a hold) tell() *Event {
	if a.which == nil {
		return &Event{Sentence: sentence("do.hold.off")}
	}
	return &Event{Sentence: sentence("do.hold", "Filter", a.which.String())}
}

func (a hold) do(_ context.Context, p *play) error {
	if err := p.losses.end(); err != nil {
		return err
	}
	h := p.o.World.Internet.Hold()
	if a.which == nil {
		h.End()
		return nil
	}
	h.Begin(internet.HoldOptions{Match: a.which.Frames(p.known())})
	return nil
}

// stepOn lets packets go that are held. It waits until there is one.
type stepOn struct{ n int }

func parseStep(words []string) (action, error) {
	n := 0
	if len(words) == 1 {
		n, _ = strconv.Atoi(words[0])
	}
	if n < 1 {
		return nil, errors.New("write how many packets are let go")
	}
	return stepOn{n}, nil
}

func (a stepOn) check(*checker) {}

func (a stepOn) tell() *Event { return &Event{Sentence: sentence("do.step", "Count", a.n)} }

func (a stepOn) do(ctx context.Context, p *play) error {
	h := p.o.World.Internet.Hold()
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	for i := 0; i < a.n; {
		changed := h.Changed()
		if h.Step(1) == 1 { // one after the other: the second may answer the first
			i++
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d packets waited, and not %d: %w", i, a.n, ctx.Err())
		}
	}
	return nil
}

// lose has packets be lost that a filter chooses, on their sender's cable: the nth
// from now on, or each. Chance has no part in it.
type lose struct {
	nth   int   // 0: each
	which *line // nil: no more
}

func (a lose) check(c *checker) { c.filter(a.which) }

func (a lose) tell() *Event {
	switch {
	case a.which == nil:
		return &Event{Sentence: sentence("do.lose.off")}
	case a.nth == 0:
		return &Event{Sentence: sentence("do.lose.each", "Filter", a.which.String())}
	}
	return &Event{Sentence: sentence("do.lose", "Nth", a.nth, "Filter", a.which.String())}
}

func (a lose) do(ctx context.Context, p *play) error {
	if err := p.losses.end(); err != nil || a.which == nil {
		return err
	}
	h := p.o.World.Internet.Hold()
	if h.State().Holding {
		return errors.New("packets are held already: write hold: off first")
	}
	var seen atomic.Int64
	chosen := a.which.Frames(p.known())
	h.Begin(internet.HoldOptions{Match: func(f frame.Frame) bool {
		return chosen(f) && (a.nth == 0 || seen.Add(1) == int64(a.nth))
	}})
	p.losses.begin(ctx, h, a)
	return nil
}

// losses are those that were asked for.
type losses struct {
	now  lose
	lost atomic.Int64
	stop context.CancelFunc // nil: none were
	over chan struct{}
}

func (l *losses) begin(ctx context.Context, h *internet.Hold, a lose) {
	ctx, l.stop = context.WithCancel(ctx)
	l.now, l.over = a, make(chan struct{})
	l.lost.Store(0)
	go func() {
		defer close(l.over)
		defer h.End()
		for changed := h.Changed(); ctx.Err() == nil; changed = h.Changed() {
			for _, f := range h.Frames() {
				if h.Drop(f.ID) == nil {
					l.lost.Add(1)
				}
			}
			if a.nth > 0 && l.lost.Load() > 0 {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}()
}

// end ends them. That nothing was lost is an error.
func (l *losses) end() error {
	if l.stop == nil {
		return nil
	}
	l.stop()
	<-l.over
	l.stop = nil
	if l.lost.Load() == 0 {
		return fmt.Errorf("nothing was lost that is %s", l.now.which)
	}
	return nil
}

// known is what filters have to know of the world.
func (p *play) known() filter.Known {
	return filter.Known{Owners: p.o.World.Owners(), Ends: p.watch.watcher.Ends}
}

// wait waits for a message.
type wait struct{ which *line }

func (a wait) check(c *checker) { c.filter(a.which) }

func (a wait) tell() *Event { return nil }

func (a wait) do(ctx context.Context, p *play) error {
	if !p.await(ctx, []*line{a.which}) {
		return fmt.Errorf("no message has come that is %s", a.which)
	}
	return nil
}
