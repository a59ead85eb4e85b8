package smtp

import (
	"slices"

	"github.com/wirebook/wirebook/wire/dissect"
)

// sequence is how far a client has come in what RFC 5321 §4.1.4 has it say in
// order: EHLO, MAIL, RCPT, DATA.
type sequence struct {
	hello      bool
	sender     bool // MAIL was said,
	recipients bool // and RCPT after it
	pipelining bool // the server takes commands in groups (RFC 2920)

	exchange int // how many mails were begun
	current  int // the number of the one that goes on, or 0
}

// advance takes a command.
func (s *sequence) advance(m *Message) {
	switch m.Verb {
	case "EHLO", "HELO":
		*s = sequence{hello: true, exchange: s.exchange, pipelining: s.pipelining}
	case "RSET":
		s.sender, s.recipients, s.current = false, false, 0
	case "MAIL":
		s.exchange++
		s.sender, s.recipients, s.current = true, false, s.exchange
	case "RCPT":
		s.recipients = s.sender
	}
}

// misplaced is the section that says that a command must not stand here, and what
// should have come before; empty, where all is well.
func (s *sequence) misplaced(verb string) (name, section string) {
	switch {
	case verb == "MAIL" && !s.hello:
		return "order.hello", "4.1.4"
	case verb == "MAIL" && s.sender:
		return "order.nested", "4.1.4"
	case verb == "RCPT" && !s.sender:
		return "order.sender", "4.1.4"
	case (verb == "DATA" || verb == "BDAT") && !s.recipients:
		return "order.recipient", "4.1.4"
	}
	return "", ""
}

// last are the commands after which a client waits for the reply, whatever else
// it sends in groups (RFC 2920 §3.1); STARTTLS and AUTH change what follows.
var last = []string{"EHLO", "HELO", "DATA", "VRFY", "EXPN", "QUIT", "NOOP", "STARTTLS", "AUTH"}

// early looks whether a command comes before it should.
func (d *dialogue) early(m *Message) []dissect.Finding {
	if d.lost {
		return nil
	}
	if !d.greeted {
		return []dissect.Finding{finding("command.early.greeting", "4.3.1", m.verb, dissect.Warning)}
	}
	if len(d.asked) == 0 {
		return nil
	}
	if !d.pipelining {
		return []dissect.Finding{finding("command.early", "4.3.1", m.verb, dissect.Wrong)}
	}
	if slices.ContainsFunc(d.asked, func(a *asked) bool { return slices.Contains(last, a.verb) }) {
		f := finding("command.early.group", "3.1", m.verb, dissect.Wrong)
		f.RFC = 2920
		return []dissect.Finding{f}
	}
	return nil
}
