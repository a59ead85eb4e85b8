package console

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/wirebook/wirebook/wire"
)

// What happens while the class thinks belongs to the step that it is told in, not to
// the one that is looked at; and the last answer is not given away by the end.
func TestNarrationKeepsWhatIsTooEarly(t *testing.T) {
	var marked []int
	n := newNarration(Demo{Name: "x"}, "world", func(_ Line, step int) { marked = append(marked, step) })
	said := Line{Kind: Said, Words: Words{"en": "words"}}
	happened := Line{Kind: Happened, Message: &wire.Message{}}
	for _, l := range []Line{{Kind: Began, Step: 1, Steps: 2, Hosts: []string{"a", "b"}}, said, happened, {Kind: Began, Step: 2, Steps: 2, Hosts: []string{"c", "a"}}, said, happened} {
		n.tell(l)
	}
	if n.now.Pause != after || n.now.Step != 1 || !slices.Equal(marked, []int{1}) {
		t.Errorf("it is %+v, and has marked %v", n.now, marked)
	}
	n.cue(7) // of somebody who saw something else
	if n.now.Pause != after {
		t.Error("it goes on")
	}
	n.cue(0)
	if n.now.Step != 2 || !slices.Equal(marked, []int{1, 2}) || !slices.Equal(n.now.Hosts, []string{"a", "b", "c"}) {
		t.Errorf("it is %+v, and has marked %v", n.now, marked)
	}
	n.tell(Line{Kind: Answered})
	n.end(nil)
	if n.now.Pause != hidden || n.over() {
		t.Errorf("it is %+v", n.now)
	}
	n.cue(1)
	if !n.over() || len(n.now.Lines) != 2 {
		t.Errorf("it ends as %+v", n.now)
	}
}

// A demo that is broken off waits no longer.
func TestNarrationIsBrokenOff(t *testing.T) {
	n := newNarration(Demo{}, "world", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	n.end(errors.New("too bad"))
	if !n.over() || n.now.Error != "too bad" {
		t.Errorf("it is %+v", n.now)
	}
	n.cue(n.now.Cue) // in vain
}
