package demos

import (
	"context"
	"slices"
	"time"

	"github.com/wirebook/wirebook/wire"
)

// calm waits, but not long, until what a world does when it has just started has been
// said: name servers fetch zones, and tell each other of changes.
func (p *play) calm(ctx context.Context) {
	const quiet, atMost = 150 * time.Millisecond, 2 * time.Second
	began := time.Now()
	p.mu.Lock()
	p.last = began
	p.mu.Unlock()
	for time.Since(began) < atMost && ctx.Err() == nil {
		p.mu.Lock()
		since := time.Since(p.last)
		p.mu.Unlock()
		if since > quiet {
			return
		}
		time.Sleep(pumping)
	}
}

// forget begins to count anew what was seen.
func (p *play) forget() {
	p.watch.pump()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = nil
}

// heard is told of messages.
func (p *play) heard(events []wire.Event) {
	var shown []wire.Event
	p.mu.Lock()
	p.last = time.Now()
	for _, e := range events {
		p.seen = append(p.seen, e.Message)
		if p.draws(e) {
			shown = append(shown, e)
		}
	}
	if p.news != nil {
		close(p.news)
		p.news = nil
	}
	p.mu.Unlock()
	for _, e := range shown {
		p.tell(Event{Kind: Happened, Message: e.Message, Update: e.Update})
	}
}

// draws reports whether the ladder of the step has the message. Called with mu held.
func (p *play) draws(e wire.Event) bool {
	m := e.Message
	return p.spoken && (!m.Packet || p.packets) && (!e.Update || m.Lost) && (p.only == nil || p.only.Message(m))
}

// await waits until each of the lines has chosen a message of this step.
func (p *play) await(ctx context.Context, lines []*line) bool {
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	for {
		p.mu.Lock()
		if p.news == nil {
			p.news = make(chan struct{})
		}
		news := p.news
		p.mu.Unlock()
		if len(p.unseen(lines)) == 0 {
			return true
		}
		select {
		case <-news:
		case <-ctx.Done():
			return false
		}
	}
}

// unseen are the lines that have chosen no message of this step.
func (p *play) unseen(lines []*line) []*line {
	p.mu.Lock()
	seen := slices.Clone(p.seen)
	p.mu.Unlock()
	var none []*line
	for _, l := range lines {
		if !slices.ContainsFunc(seen, l.Message) {
			none = append(none, l)
		}
	}
	return none
}
