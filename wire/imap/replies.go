package imap

import (
	"io"
	"slices"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// replies reads what the server says.
func (d *dialogue) replies(r *dissect.Reader) {
	for {
		if d.encrypted {
			r.SkipRest()
			r.Forget()
			return
		}
		line, found, err := replyLines.Read(r)
		if err == io.EOF {
			return
		}
		var m *Message
		if err != dissect.ErrGap {
			m = parseReply(line)
			var more []dissect.Finding
			more, err = m.readLiterals(r, line)
			found = dissect.AppendOnce(found, more...)
		}
		switch {
		case err == dissect.ErrGap:
			d.forget(r)
		case d.lost && !m.wellFormed():
			r.Forget()
		default:
			d.reply(r, m, found)
		}
	}
}

// readLiterals reads the literals of a reply, and the lines behind them.
func (m *Message) readLiterals(r *dissect.Reader, line []byte) (found []dissect.Finding, err error) {
	for len(m.literals) < maxLiterals {
		size, _, ok := announced(line)
		if !ok {
			return found, nil
		}
		name := item(line)
		err := m.read(r, size, name, m.Status == "FETCH" && hasHeader(name), hasBody(name))
		if err == io.ErrUnexpectedEOF {
			return append(found, finding("literal.cut", "4.3", place{0, r.Offset()}, dissect.Wrong)), nil
		}
		at := r.Offset()
		next, wrong, err := replyLines.Read(r)
		if err == dissect.ErrGap {
			return found, err
		}
		found = dissect.AppendOnce(found, wrong...)
		m.lines = append(m.lines, place{at, len(mail.Trim(next))})
		line = next
	}
	return found, nil
}

// reply takes a reply.
func (d *dialogue) reply(r *dissect.Reader, m *Message, found []dissect.Finding) {
	c, unasked := d.answered(m)
	if !m.wellFormed() {
		found = append(found, finding("reply.malformed", "2.2.2", place{0, m.place[0].length}, dissect.Wrong))
	} else if unasked {
		found = append(found, finding("reply.unasked", "2.2.2", m.place[0], dissect.Warning))
	}
	m.greeting, m.asks = !d.greeted, m.Tag == "+" && (d.loggingIn || d.lost)
	d.greeted = true
	d.consequences(m, c)
	part := dissect.Part{
		Summary: m.summary(), Key: m.key(), Args: m.args(), Findings: found, Value: m, Fields: m.fields, Answers: c.ref, Exchange: c.exchange,
	}
	if m.Mail != nil {
		part.Story = m.Mail.Story()
	}
	r.Emit(part)
}

// wellFormed reports whether a reply begins as one does.
func (m *Message) wellFormed() bool {
	switch m.Tag {
	case "+":
		return true
	case "*":
		return m.Status != ""
	}
	return m.Tag != "" && slices.Contains(final, m.Status)
}

// final are the ends of commands (RFC 9051 §7.1).
var final = []string{"OK", "NO", "BAD"}

// answered is the command that a reply belongs to: that of its tag, or the oldest
// that goes on.
func (d *dialogue) answered(m *Message) (c command, unasked bool) {
	switch {
	case m.Tag == "+" && d.begun != nil:
		d.begun.goAhead = true
		return command{}, false
	case m.Tag == "+":
		for _, c := range d.going {
			if c.verb == "IDLE" || c.verb == "AUTHENTICATE" {
				return *c, false
			}
		}
		return command{}, !d.lost
	case m.Tag == "*":
		if len(d.going) == 0 || d.idle || !d.greeted {
			return command{}, false
		}
		return *d.going[0], false
	case d.begun != nil && d.begun.tag == m.Tag:
		d.begun.refused = true
		return command{}, false
	}
	at := slices.IndexFunc(d.going, func(c *command) bool { return c.tag == m.Tag })
	if at < 0 {
		return command{}, !d.lost
	}
	c = *d.going[at]
	d.going = slices.Delete(d.going, at, at+1)
	return c, false
}

// consequences are what a reply changes.
func (d *dialogue) consequences(m *Message, c command) {
	switch {
	case m.Tag == "+":
		d.loggingIn = d.loggingIn || d.lost && len(d.going) == 0 && mail.Decoded(m.Text) != ""
		return
	case m.Tag == "*":
		if m.greeting && m.Status == "PREAUTH" {
			d.state = known
		}
		return
	case c.verb == "AUTHENTICATE" || d.lost:
		d.loggingIn = false
	case c.verb == "IDLE":
		d.idle = false
	}
	if m.Status != "OK" {
		if c.verb == "SELECT" || c.verb == "EXAMINE" {
			d.state = min(d.state, known)
		}
		return
	}
	switch c.verb {
	case "LOGIN", "AUTHENTICATE":
		d.state = known
	case "SELECT", "EXAMINE":
		d.state = selected
	case "CLOSE", "UNSELECT":
		d.state = known
	case "STARTTLS":
		d.encrypted = true
	}
}
