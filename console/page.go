package console

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
)

// The limits of a page's memory.
const (
	ringSize   = 1 << 16   // frames that the watcher may fall behind
	eventsSize = 1 << 14   // messages that the journal may fall behind
	maxRows    = 10_000    // messages that can be looked at,
	maxBytes   = 128 << 20 // and what they weigh
)

// Page is a network that is shown. Close ends it.
type Page struct {
	options Options
	boot    string // another for each page: positions in another's journal mean nothing here

	ring    *frame.Ring
	watcher *wire.Watcher
	events  *wire.Subscription
	journal *journal

	end     context.CancelFunc
	ended   context.Context
	removed func()
	work    sync.WaitGroup

	routes    map[bool]http.Handler // for those who may change something, and those who may not
	stage     *stage                // nil: there are no demos
	narration *narration            // of the demo whose world this is; nil: it is none's

	views    views
	veils    veils
	clocking sync.Mutex    // held by who moves the clock
	commands chan struct{} // a place for each command that runs
}

// New begins to watch.
func New(o Options) *Page {
	p := &Page{options: o, boot: rand.Text(), ring: frame.NewRing(ringSize), journal: newJournal(maxRows, maxBytes), commands: make(chan struct{}, maxCommands)}
	var names wire.Names
	if o.NameOf != nil {
		names = wire.NamesFunc(o.NameOf)
	}
	p.watcher = wire.New(wire.Options{Names: names, Packets: true, Log: o.Log})
	p.events = p.watcher.Subscribe(eventsSize)
	p.ended, p.end = context.WithCancel(context.Background())
	p.routes = map[bool]http.Handler{false: p.mux(false), true: p.mux(true)}
	if o.Demos != nil {
		p.stage = newStage(p, o.Demos)
	}
	p.removed = o.Tap(p.ring)
	p.work.Go(func() { p.watcher.Run(p.ended, p.ring) })
	p.work.Go(func() { p.journal.follow(p.events) })
	p.work.Go(p.tick)
	return p
}

// Close ends the page, and the streams of all who look on.
func (p *Page) Close() {
	if p.stage != nil && p.stage.home == p {
		p.stage.close()
	}
	p.removed()
	p.end()
	p.work.Wait()
}

// tick wakes the streams now and then: the clock's hands move also when nobody says
// anything.
func (p *Page) tick() {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			p.journal.wake()
		case <-p.ended.Done():
			return
		}
	}
}

// stats are what was seen, and what was left out.
type stats struct {
	Messages  uint64 `json:"messages"`  // that were told of
	Frames    uint64 `json:"frames"`    // that were seen
	Missed    uint64 `json:"missed"`    // frames and messages that came too fast
	Forgotten uint64 `json:"forgotten"` // messages that are too old to be kept
	Kept      int    `json:"kept"`      // messages that can be looked at
}

func (p *Page) stats() stats {
	seen := p.watcher.Stats()
	kept, forgotten := p.journal.count()
	return stats{
		Messages: seen.Messages, Frames: seen.Frames, Missed: seen.Missed + p.events.Missed(),
		Forgotten: forgotten, Kept: kept,
	}
}
