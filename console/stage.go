package console

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wirebook/wirebook/explain"
)

// stage is where a page's demos are played. While one is, or until it is put away,
// all who look at the page see the demo's world, and not the page's own: its ladder,
// its map, its hosts. The page's own world goes on meanwhile, and is watched.
type stage struct {
	demos Demos
	home  *Page

	working sync.Mutex // held by who begins or ends a demo

	mu      sync.Mutex
	now     *performance  // nil: nothing is played
	changed chan struct{} // closed when another page is shown
	closed  bool
}

// performance is a demo that is played.
type performance struct {
	play      Play
	page      *Page
	name      string
	narration *narration
	language  atomic.Value // explain.Language: that of who went on last
	cancel    context.CancelFunc
	done      chan struct{}
}

func newStage(home *Page, d Demos) *stage {
	return &stage{demos: d, home: home, changed: make(chan struct{})}
}

// shown is the page that is shown.
func (s *stage) shown() *Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page()
}

func (s *stage) page() *Page {
	if s.now != nil {
		return s.now.page
	}
	return s.home
}

// left is closed when another page is shown than that.
func (s *stage) left(p *Page) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.page() != p {
		gone := make(chan struct{})
		close(gone)
		return gone
	}
	return s.changed
}

// performance is what is played, or was; nil: nothing.
func (s *stage) performance() *performance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) set(p *performance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = p
	close(s.changed)
	s.changed = make(chan struct{})
}

// start plays a demo, unless another is being played.
func (s *stage) start(name string, l explain.Language) error {
	s.working.Lock()
	defer s.working.Unlock()
	if now := s.performance(); now != nil && !now.narration.over() {
		return errPlaying
	}
	return s.begin(name, l)
}

// restart plays the same demo from its beginning, in a new world.
func (s *stage) restart(l explain.Language) error {
	s.working.Lock()
	defer s.working.Unlock()
	now := s.performance()
	if now == nil {
		return errNothing
	}
	return s.begin(now.name, l)
}

// begin puts a demo in the place of the one before. working is held.
func (s *stage) begin(name string, l explain.Language) error {
	if s.closed {
		return errClosed
	}
	all := s.demos.List()
	i := slices.IndexFunc(all, func(d Demo) bool { return d.Name == name })
	if i < 0 {
		return errNone
	}
	play, err := s.demos.Open(s.home.ended, name)
	if err != nil {
		return err
	}
	before := s.performance()
	p := &performance{play: play, name: name, page: New(play.Page()), done: make(chan struct{})}
	journal := p.page.journal
	p.narration = newNarration(all[i], p.page.options.Name, func(l Line, step int) { journal.mark(l.Message, step) })
	p.page.stage, p.page.narration = s, p.narration
	ctx, cancel := context.WithCancel(s.home.ended)
	p.cancel = cancel
	p.language.Store(l)
	go func() {
		defer close(p.done)
		p.narration.end(play.Perform(ctx, Performance{Language: p.speaks, Tell: p.narration.tell, Wait: p.narration.wait}))
	}()
	s.set(p)
	before.close()
	return nil
}

func (p *performance) speaks() explain.Language { return p.language.Load().(explain.Language) }

// stop ends the demo, and shows the page's own world again.
func (s *stage) stop() {
	s.working.Lock()
	defer s.working.Unlock()
	before := s.performance()
	s.set(nil)
	before.close()
}

// close is stop, for ever.
func (s *stage) close() {
	s.working.Lock()
	s.closed = true
	s.working.Unlock()
	s.stop()
}

// close ends a demo and its world.
func (p *performance) close() {
	if p == nil {
		return
	}
	p.cancel()
	<-p.done
	p.narration.auto(0)
	p.page.Close()
	p.play.Close()
}

// nothingOn is what is told of demos while none is played.
func nothingOn(world string) []byte {
	text, err := json.Marshal(told{World: world})
	if err != nil {
		panic(err) // it holds nothing that JSON cannot say
	}
	return text
}
