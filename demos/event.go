package demos

import (
	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire"
)

// Kind says what an Event tells.
type Kind string

// The kinds, in the order in which a step tells them.
const (
	Began    Kind = "began"    // the step; Ladder
	Said     Kind = "said"     // Words
	Asked    Kind = "asked"    // Words
	Waiting  Kind = "waiting"  // for the class; after it, the step goes on
	Going    Kind = "going"    // the class wants to go on
	Done     Kind = "done"     // what is being done: Sentence, or Command
	Happened Kind = "happened" // Message
	Printed  Kind = "printed"  // Text, what a client has printed
	Shown    Kind = "shown"    // Table, or Explain
	Missing  Kind = "missing"  // what should have happened and has not: Sentence
	Ended    Kind = "ended"    // the step
	Answered Kind = "answered" // Words; before the next step with words, or at the end
)

// Event is one thing that happens in a demo.
type Event struct {
	Kind Kind `json:"kind"`
	Step int  `json:"step"` // from 0

	Words    Words         `json:"words,omitempty"`
	Sentence *Sentence     `json:"sentence,omitempty"`
	Command  string        `json:"command,omitempty"` // as one would type it
	Text     string        `json:"text,omitempty"`
	Cut      int           `json:"cut,omitempty"` // so many lines of it are left out
	Message  *wire.Message `json:"message,omitempty"`
	Update   bool          `json:"update,omitempty"` // more became known of a message that was told before
	Table    *Table        `json:"table,omitempty"`
	Explain  string        `json:"explain,omitempty"` // key of an entry

	Ladder *Ladder `json:"ladder,omitempty"` // of Began: a new ladder begins; nil: the one before goes on
}

// Ladder says how the messages of a step are to be drawn.
type Ladder struct {
	Hosts   []string `json:"hosts,omitempty"` // the columns; none: as they come
	Packets bool     `json:"packets,omitempty"`
}

// Sentence is one of the catalogue.
type Sentence struct {
	Key  string         `json:"key"`
	Args map[string]any `json:"args,omitempty"`
}

// In is the sentence in a language.
func (s *Sentence) In(l explain.Language) string { return l.Say(s.Key, s.Args) }

func sentence(key string, pairs ...any) *Sentence {
	s := &Sentence{Key: "demo." + key, Args: make(map[string]any)}
	for i := 0; i+1 < len(pairs); i += 2 {
		s.Args[pairs[i].(string)] = pairs[i+1]
	}
	return s
}

// Table is what somebody holds at the moment.
type Table struct {
	Name    string     `json:"name"` // "sockets"; its title is the sentence demo.table.sockets, the columns' are demo.column.…
	Of      string     `json:"of"`   // whose
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}
