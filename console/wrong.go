package console

import (
	"errors"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire/filter"
)

// wrong is what a reader of the page can ask for in vain, as the catalogue has it. What
// only a program can get wrong is said in English.
type wrong string

// What can go wrong.
const (
	errNone     wrong = "none"     // there is no such message, conversation or host
	errPlaying  wrong = "playing"  // a demo, and another is to be started
	errNothing  wrong = "nothing"  // is being played
	errClosed   wrong = "closed"   // the page has ended
	errTimer    wrong = "timer"    // none is waiting
	errAhead    wrong = "ahead"    // the clock can be moved, and not so far
	errCommands wrong = "commands" // too many are running
	errQuote    wrong = "quote"    // a line whose quotation has no end
	errNotHeld  wrong = "notheld"  // a frame that waits no longer
)

// Error is the sentence in English.
func (e wrong) Error() string { return e.in(explain.English) }

func (e wrong) in(l explain.Language) string { return l.Say(topic+".wrong."+string(e), nil) }

// wordsOf is an error in a language, as far as there are words for it.
func wordsOf(err error, l explain.Language) string {
	if errors.Is(err, internet.ErrNotHeld) {
		err = errNotHeld
	}
	if own, ok := errors.AsType[wrong](err); ok {
		return own.in(l)
	}
	if line, ok := errors.AsType[*filter.Error](err); ok {
		return line.In(l)
	}
	return err.Error()
}
