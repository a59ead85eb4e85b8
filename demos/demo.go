package demos

import (
	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire/filter"
)

// Demo is what a demo file says.
type Demo struct {
	Name    string `json:"name"` // that of its file, without the number
	File    string `json:"-"`
	Number  int    `json:"number"` // its place in the list; 0: none
	Title   Words  `json:"title"`
	Summary Words  `json:"summary"`
	Book    string `json:"book,omitempty"`  // section, as "§2.2"
	World   string `json:"world,omitempty"` // a world file beside it; "": the built-in world
	Steps   []Step `json:"steps"`

	hosts []string // the columns of its ladders, from the left
	only  *line    // which messages they show; nil: all

	packets bool // they have the packets, too
}

// Words are a text in each language.
type Words map[explain.Language]string

// In is the text in a language.
func (w Words) In(l explain.Language) string { return w[l] }

// Step is one step: what is said, what is asked, and then, when the class wants to go
// on, what is done and what it shows.
type Step struct {
	Say    Words `json:"say,omitempty"`
	Ask    Words `json:"ask,omitempty"`
	Answer Words `json:"answer,omitempty"`

	Line int `json:"-"` // in the file

	do         action // nil: there is nothing to do
	background bool   // a client goes on while the next steps are played
	fails      bool   // a client cannot succeed
	lines      int    // of a client's output, this many are shown
	expect     []*line
	never      []*line
	until      []show // rows of tables that are waited for
	show       []show
	packets    bool // the ladder has the packets, too; or that of the demo
	hosts      []string
	only       *line
}

// speaks reports whether the step has words, and so waits for the class.
func (s *Step) speaks() bool { return s.Say != nil || s.Ask != nil }

// Place is which of the steps with words a step is, or follows, counted from 1, and
// how many such steps there are: what the class knows as steps.
func (d *Demo) Place(step int) (n, all int) {
	for i := range d.Steps {
		if d.Steps[i].speaks() {
			all++
			if i <= step {
				n++
			}
		}
	}
	return n, all
}

// line is a filter, and where in the file it stands.
type line struct {
	*filter.Filter
	at int
}
