package console

import (
	"context"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire"
)

// Demos are what can be played on the page. A demo must begin in a world of which it
// knows everything, or what was asked before would be in a cache: so each has one of
// its own, and while it is on, the page shows that one.
type Demos interface {
	List() []Demo

	// Open starts the world of the demo of that name. It runs until ctx ends or the
	// play is closed.
	Open(ctx context.Context, name string) (Play, error)
}

// Demo is what the list says of one.
type Demo struct {
	Name    string `json:"name"`
	Number  int    `json:"number,omitempty"`
	Title   Words  `json:"title"`
	Summary Words  `json:"summary"`
	Book    string `json:"book,omitempty"`
}

// Words are a text in each language.
type Words map[explain.Language]string

// Play is a demo whose world is up.
type Play interface {
	// Page shows the world.
	Page() Options

	// Perform plays the demo. It has ended when it returns.
	Perform(context.Context, Performance) error

	// Close ends the world.
	Close()
}

// Performance is what a play has of those for whom it is played.
type Performance struct {
	Language func() explain.Language     // in which clients print, at the moment
	Tell     func(Line)                  // is called with one line at a time
	Wait     func(context.Context) error // returns when the class is ready for what comes next
}

// Line is one thing that a demo tells.
type Line struct {
	Kind LineKind `json:"kind"`

	Step  int      `json:"-"` // of Began: which step it is, from 1; 0: a part of the one before
	Steps int      `json:"-"` // how many there are
	Hosts []string `json:"-"` // of Began: the columns

	Words   Words         `json:"words,omitempty"`
	Command string        `json:"command,omitempty"` // of Did, instead of words: as one would type it
	Text    string        `json:"text,omitempty"`    // of Printed
	Cut     int           `json:"cut,omitempty"`     // so many lines of it are left out
	Table   *Table        `json:"table,omitempty"`   // of Shown,
	Explain string        `json:"explain,omitempty"` // or the key of an entry
	Message *wire.Message `json:"-"`                 // of Happened
}

// LineKind says what a Line tells.
type LineKind string

// The kinds, in the order in which a step tells them.
const (
	Began    LineKind = "began"
	Said     LineKind = "said"     // what the instructor would say
	Asked    LineKind = "asked"    // what comes next?
	Did      LineKind = "did"      // what is being done
	Happened LineKind = "happened" // a message that belongs to it
	Printed  LineKind = "printed"  // by a client
	Shown    LineKind = "shown"    // what somebody holds, or what the book says
	Missing  LineKind = "missing"  // what should have happened, and has not
	Answered LineKind = "answered" // what was asked
)

// Table is what somebody holds at the moment.
type Table struct {
	Title   Words      `json:"title"`
	Columns []Words    `json:"columns"`
	Rows    [][]string `json:"rows"`
}
