package console

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// narration is how far a demo has been told. A demo hurries on to where it has to
// wait; the class has its own pace: it thinks about the question, looks at what has
// happened, wants to hear the answer, and only then the next step. What was told too
// early waits here.
type narration struct {
	mark func(Line, int) // has a message belong to a step

	mu      sync.Mutex
	now     told
	lines   []Line        // that have not been shown yet
	cued    bool          // the class wants the first of them
	waiting chan struct{} // the demo waits; it may go on when this is closed
	ended   bool          // it has no more to tell
	timer   *time.Timer   // of playing by itself

	text    []byte        // now, as JSON
	changed chan struct{} // closed when text is another
}

// pause is what a narration waits for before it goes on.
type pause string

const (
	running pause = ""       // for nothing: the step is on
	before  pause = "go"     // the step has been announced: what will happen?
	hidden  pause = "answer" // it has happened; the answer has not been shown yet
	after   pause = "next"   // the step is over
)

// told is what the class sees of a demo.
type told struct {
	On    bool          `json:"on"`    // there is one
	World string        `json:"world"` // whose world is shown
	Demo  *Demo         `json:"demo,omitempty"`
	Step  int           `json:"step"`
	Steps int           `json:"steps"`
	Hosts []string      `json:"hosts,omitempty"` // columns
	Lines []Line        `json:"lines,omitempty"` // of this step
	Pause pause         `json:"pause"`
	Cue   uint64        `json:"cue"`  // how often it went on: who asks for the next says after which
	Auto  time.Duration `json:"auto"` // nanoseconds until it goes on by itself; 0: it does not
	Over  bool          `json:"over"`
	Error string        `json:"error,omitempty"`
	acted bool
}

func newNarration(d Demo, world string, mark func(Line, int)) *narration {
	n := &narration{mark: mark, changed: make(chan struct{}), now: told{On: true, World: world, Demo: &d}}
	n.tellAll()
	return n
}

// tell takes a line of the demo.
func (n *narration) tell(l Line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, l)
	n.advance()
}

// wait returns when the class is ready.
func (n *narration) wait(ctx context.Context) error {
	ready := make(chan struct{})
	n.mu.Lock()
	n.waiting = ready
	n.advance()
	n.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end is told when the demo has no more to tell, and why.
func (n *narration) end(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended, n.waiting = true, nil
	if n.now.Pause == before { // it was broken off
		n.now.Pause = running
	}
	if err != nil {
		n.now.Error = err.Error()
	}
	n.advance()
}

// cue goes on, if nobody else has meanwhile: the step after that many cues is meant.
func (n *narration) cue(after uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.now.Cue != after || n.now.Pause == running {
		return
	}
	if n.now.Pause == before {
		close(n.waiting)
		n.waiting = nil
	} else {
		n.cued = true
	}
	n.now.Cue++
	n.now.Pause = running
	n.advance()
}

// auto has it go on by itself after each pause of that length; 0: no more.
func (n *narration) auto(pause time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Auto = pause
	n.advance()
}

func (n *narration) over() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now.Over
}

// state is what the class sees, and what is closed when it is something else.
func (n *narration) state() (text []byte, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text, n.changed
}

// advance shows what may be shown. mu is held.
func (n *narration) advance() {
	for n.now.Pause == running && len(n.lines) > 0 {
		if n.now.Pause = n.stops(&n.lines[0]); n.now.Pause == running {
			n.show(n.lines[0])
			n.lines, n.cued = n.lines[1:], false
		}
	}
	if n.now.Pause == running && len(n.lines) == 0 {
		switch {
		case n.ended:
			n.now.Over = true
		case n.waiting != nil:
			n.now.Pause = before
		}
	}
	n.wind()
	n.tellAll()
}

// stops is what has to be waited for before a line is shown.
func (n *narration) stops(l *Line) pause {
	switch {
	case n.cued:
		return running
	case l.Kind == Answered:
		return hidden
	case l.Kind == Began && l.Step > 0 && n.now.Step > 0 && n.now.acted:
		return after
	}
	return running
}

// show adds a line to what the class sees.
func (n *narration) show(l Line) {
	switch l.Kind {
	case Began:
		if l.Step > 0 {
			n.now.Step, n.now.Steps, n.now.Lines, n.now.acted = l.Step, l.Steps, nil, false
		}
		if n.now.Step > 0 { // before it, the world is prepared
			n.columns(l.Hosts)
		}
		return
	case Happened:
		n.mark(l, n.now.Step)
	default:
		n.now.Lines = append(slices.Clip(n.now.Lines), l)
	}
	n.now.acted = n.now.acted || l.Kind != Said && l.Kind != Asked
}

// columns adds those that are new: an arrow stays where it was drawn.
func (n *narration) columns(hosts []string) {
	for _, h := range hosts {
		if !slices.Contains(n.now.Hosts, h) {
			n.now.Hosts = append(slices.Clip(n.now.Hosts), h)
		}
	}
}

// wind sets the timer that goes on by itself, for the pause that is now.
func (n *narration) wind() {
	if n.timer != nil {
		n.timer.Stop()
		n.timer = nil
	}
	if n.now.Auto > 0 && n.now.Pause != running {
		at := n.now.Cue
		n.timer = time.AfterFunc(n.now.Auto, func() { n.cue(at) })
	}
}

func (n *narration) tellAll() {
	text, err := json.Marshal(n.now)
	if err != nil {
		panic(err) // it holds nothing that JSON cannot say
	}
	if bytes.Equal(text, n.text) {
		return // a message has come, which is on the ladder and not here
	}
	n.text = text
	close(n.changed)
	n.changed = make(chan struct{})
}
