package demos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/world"
)

// Options are what a demo is played with.
type Options struct {
	World   *world.World      // it must be ready
	Clients world.CommandLine // runs our clients

	// Language is asked, before each client, in which language it is to print; nil:
	// English.
	Language func() explain.Language

	// Tell is told what happens, one event at a time, from several goroutines. It
	// must not wait for the demo.
	Tell func(Event)

	// Wait returns when the class wants to go on; its error ends the demo. nil: the
	// class always does.
	Wait func(context.Context) error

	// Limit is how long a step waits for what it expects; 0: 30 seconds.
	Limit time.Duration
}

// ErrMissing is the error of a demo in which something did not happen that should
// have. It was played to its end.
var ErrMissing = errors.New("the demo did not go as its file says")

// Play plays the demo. It returns when it is over, or ctx has ended, and leaves
// nothing behind but what was done to the world.
func (d *Demo) Play(ctx context.Context, o Options) error {
	if err := d.Check(o.World.Plan); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &play{demo: d, o: o}
	p.watch = newWatch(wire.NamesFunc(o.World.NameOf), p.heard)
	untap := o.World.Internet.Tap(p.watch.ring)
	p.servers.Go(func() { p.watch.run(ctx) })
	defer p.end(cancel, untap)
	p.calm(ctx)
	for i := range d.Steps {
		if err := p.step(ctx, i); err != nil {
			return err
		}
	}
	p.reveal()
	if len(p.missing) > 0 {
		return fmt.Errorf("%w: %s", ErrMissing, strings.Join(p.missing, "; "))
	}
	return nil
}

// play is a demo that is on.
type play struct {
	demo    *Demo
	o       Options
	watch   *watch
	sockets sockets
	losses  losses
	clients sync.WaitGroup // those in the background
	servers sync.WaitGroup // all that goes on until the end

	now     *Step
	output  string // what the step's own client has printed
	missing []string
	spoken  bool  // there were words: what was before them only prepares the world
	answer  Words // what the last question's is; nil: it has been told

	telling sync.Mutex // Tell is called by one at a time

	mu      sync.Mutex
	at      int             // the step's number
	only    *line           // what the ladder shows
	packets bool            //
	seen    []*wire.Message // since the step began
	news    chan struct{}   // closed when there are more
	last    time.Time       // when there were some, by the machine's time
}

func (p *play) end(cancel context.CancelFunc, untap func()) {
	cancel()
	_ = p.losses.end() // it was said before, or the demo was broken off
	p.o.World.Internet.Hold().End()
	p.clients.Wait()
	p.servers.Wait()
	untap()
	p.watch.close()
}

func (p *play) limit() time.Duration {
	if p.o.Limit > 0 {
		return p.o.Limit
	}
	const usual = 30 * time.Second
	return usual
}

func (p *play) language() explain.Language {
	if p.o.Language == nil {
		return explain.English
	}
	return p.o.Language()
}

func (p *play) say(key string, pairs ...any) string { return sentence(key, pairs...).In(p.language()) }

func (p *play) tell(e Event) {
	p.telling.Lock()
	defer p.telling.Unlock()
	p.mu.Lock()
	e.Step = p.at
	p.mu.Unlock()
	p.o.Tell(e)
}

// step plays a step: its words first; then the class wants to go on; then what it
// does, and what that causes.
func (p *play) step(ctx context.Context, i int) error {
	s := &p.demo.Steps[i]
	if s.speaks() {
		p.reveal()
	}
	p.begin(i, s)
	if err := p.words(ctx, s); err != nil {
		return err
	}
	switch s.do.(type) {
	case nil, wait, await: // what they wait for may have come
	default:
		p.forget()
	}
	if s.do != nil {
		if e := s.do.tell(); e != nil && p.spoken {
			e.Kind = Done
			p.tell(*e)
		}
		if err := s.do.do(ctx, p); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p.miss(s.Line, err.Error())
		}
	}
	p.result(ctx, s)
	if err := ctx.Err(); err != nil {
		return err
	}
	p.tell(Event{Kind: Ended})
	return nil
}

// reveal answers what was asked, when all that shows the answer has happened.
func (p *play) reveal() {
	if p.answer != nil {
		p.tell(Event{Kind: Answered, Words: p.answer})
	}
	p.answer = nil
}

// begin makes the step the one that is on. One with words has a new ladder.
func (p *play) begin(i int, s *Step) {
	began := Event{Kind: Began}
	p.mu.Lock()
	p.now, p.at, p.only = s, i, s.only
	p.spoken = p.spoken || s.speaks()
	if p.only == nil {
		p.only = p.demo.only
	}
	packets := s.packets || p.demo.packets
	if s.speaks() || i == 0 || packets != p.packets || s.hosts != nil {
		began.Ladder = &Ladder{Hosts: p.demo.hosts, Packets: packets}
		if s.hosts != nil {
			began.Ladder.Hosts = s.hosts
		}
		p.packets = packets
	}
	p.mu.Unlock()
	p.tell(began)
}

func (p *play) words(ctx context.Context, s *Step) error {
	if s.Say != nil {
		p.tell(Event{Kind: Said, Words: s.Say})
	}
	if s.Ask != nil {
		p.tell(Event{Kind: Asked, Words: s.Ask})
		p.answer = s.Answer
	}
	if !s.speaks() || p.o.Wait == nil {
		return ctx.Err()
	}
	p.tell(Event{Kind: Waiting})
	err := p.wait(ctx)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		p.tell(Event{Kind: Going})
	}
	return err
}

// wait waits for the class. The world's clock stands still meanwhile, if it is one
// that can: whoever talks for long loses no connection, and no lease.
func (p *play) wait(ctx context.Context) error {
	if c, ok := p.o.World.Clock().(interface{ Freeze() (thaw func()) }); ok {
		defer c.Freeze()()
	}
	return p.o.Wait(ctx)
}

// result shows what the step has caused.
func (p *play) result(ctx context.Context, s *Step) {
	if len(s.expect) > 0 {
		p.await(ctx, s.expect)
	}
	if s.do != nil || len(s.expect) > 0 {
		p.o.World.Internet.Settle() // the last acknowledgments, too
	}
	var late []error
	for _, until := range s.until {
		late = append(late, until.come(ctx, p))
	}
	p.watch.pump()
	p.print(s)
	if err := errors.Join(late...); err != nil {
		p.miss(s.Line, err.Error())
	}
	for _, l := range p.unseen(s.expect) {
		p.miss(l.at, "no message has come that is "+l.String())
	}
	for _, l := range s.never {
		if !slices.Contains(p.unseen([]*line{l}), l) {
			p.miss(l.at, "a message has come that is "+l.String())
		}
	}
	for _, show := range s.show {
		if e, err := show.event(p); err != nil {
			p.miss(s.Line, err.Error())
		} else {
			p.tell(e)
		}
	}
}

// print shows what the step's client has printed, or its first lines.
func (p *play) print(s *Step) {
	lines := strings.SplitAfter(strings.TrimRight(p.output, "\n"), "\n")
	p.output = ""
	if len(lines) == 1 && lines[0] == "" {
		return
	}
	e := Event{Kind: Printed}
	if s.lines < len(lines) {
		e.Cut, lines = len(lines)-s.lines, lines[:s.lines]
	}
	e.Text = strings.Join(lines, "")
	if s.lines > 0 && p.spoken {
		p.tell(e)
	}
}

// printing shows what a client in the background prints, as it does.
func (p *play) printing(text string) {
	p.tell(Event{Kind: Printed, Text: strings.TrimRight(text, "\n")})
}

// miss notes that the demo does not go as it should.
func (p *play) miss(line int, why string) {
	text := fmt.Sprintf("%s:%d: %s", p.demo.File, line, why)
	p.missing = append(p.missing, text)
	p.tell(Event{Kind: Missing, Sentence: sentence("missing", "Why", text)})
}
