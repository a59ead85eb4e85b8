package imap

import (
	"io"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// dialogue is one connection: which commands go on, and in which state the
// session is.
type dialogue struct {
	lost      bool // something was not seen, so that a reply may answer what is not known
	greeted   bool
	encrypted bool
	state     state
	going     []*command
	exchanges int

	further   bool     // the client's command has begun, and its literals follow
	begun     *command // that command
	login     *login   // it is LOGIN
	loggingIn bool     // the client's lines are responses to challenges
	idle      bool     // they are DONE
}

// command is one that has no last reply yet.
type command struct {
	ref       dissect.Ref
	tag, verb string
	exchange  int
	goAhead   bool // the server wants its literal,
	refused   bool // or does not
}

// state is what the client may do (RFC 9051 §3).
type state uint8

const (
	stranger state = iota // not authenticated
	known                 // authenticated
	selected
)

const maxGoing = 1024

var (
	commandLines = dissect.Lines{Max: 64 << 10, Keys: mail.Rules, RFC: 9051, Ends: "2.2"}
	replyLines   = dissect.Lines{Max: 64 << 10, Keys: mail.Rules, RFC: 9051, Ends: "2.2"}
)

// commands reads what the client says.
func (d *dialogue) commands(r *dissect.Reader) {
	r.Hide(d.secret)
	for {
		next := r.Peek(1)
		if d.encrypted && len(next) > 0 {
			dissect.Opaque(r, mail.KeyTLS)
			return
		}
		line, wrong, err := commandLines.Read(r)
		switch {
		case err == io.EOF:
			return
		case err == dissect.ErrGap:
			d.forget(r)
			continue
		case d.loggingIn || d.idle:
			d.response(r, line, wrong)
			continue
		}
		m := parseCommand(line)
		if d.lost && !slices.Contains(verbs, m.Verb) {
			r.Forget() // the rest of something whose beginning was not seen
			continue
		}
		if d.command(r, m, line, wrong) == dissect.ErrGap {
			d.forget(r)
		}
	}
}

// command takes a command, of which the first line has been read.
func (d *dialogue) command(r *dissect.Reader, m *Message, line []byte, wrong []dissect.Finding) error {
	c := &command{tag: m.Tag, verb: m.Verb}
	if m.Verb == "FETCH" || m.Verb == "APPEND" {
		d.exchanges++
		c.exchange = d.exchanges
	}
	found := append(wrong, d.check(m)...)
	found = append(found, d.hidePassword(m, line)...)
	d.begun, d.further = c, true
	more, err := d.literals(r, m, line)
	d.begun, d.further, d.login = nil, false, nil
	if err == dissect.ErrGap {
		return err
	}
	found = append(found, more...)
	d.loggingIn = m.Verb == "AUTHENTICATE" && !c.refused
	d.idle = m.Verb == "IDLE"
	if len(d.going) < maxGoing && !c.refused && isTag(c.tag) {
		d.going = append(d.going, c)
	}
	part := dissect.Part{
		Summary: m.summary(), Key: m.key(), Args: m.args(), Findings: found, Value: m, Fields: m.fields, Exchange: c.exchange,
	}
	if m.Mail != nil {
		part.Story = m.Mail.Story()
		part.Findings = append(part.Findings, m.Mail.Findings()...)
	}
	c.ref = r.Emit(part)
	return nil
}

// hidePassword notices what the first line of a command has for a login.
func (d *dialogue) hidePassword(m *Message, line []byte) []dissect.Finding {
	secret := d.secret(line)
	if m.Verb == "LOGIN" {
		at, _ := loginVerb(line)
		_, arguments := password(line, at, 0)
		d.login = &login{arguments: arguments}
	}
	if secret.Length == 0 {
		return nil
	}
	if at := secret.Offset - m.place[2].at; at >= 0 && at < len(m.Arg) && strings.Trim(m.Arg[at:], "*") == "" {
		m.Arg = m.Arg[:at] + mail.Stars
	}
	return []dissect.Finding{mail.InClear(secret)}
}

// literals reads the literals of a command, and the lines behind them.
func (d *dialogue) literals(r *dissect.Reader, m *Message, line []byte) (found []dissect.Finding, err error) {
	for len(m.literals) < maxLiterals {
		size, atOnce, ok := announced(line)
		if !ok {
			return found, nil
		}
		if !atOnce {
			if len(r.Peek(1)) == 0 && !r.Missed() || d.begun.refused {
				return found, nil
			}
			if !d.begun.goAhead && !d.lost {
				found = dissect.AppendOnce(found, finding("literal.early", "4.3", place{r.Offset(), 0}, dissect.Wrong))
			}
			d.begun.goAhead = false
		}
		if err := d.literal(r, m, size); err == io.ErrUnexpectedEOF {
			return append(found, finding("literal.cut", "4.3", place{0, r.Offset()}, dissect.Wrong)), nil
		} else if err != nil {
			return found, err
		}
		at := r.Offset()
		next, wrong, err := commandLines.Read(r)
		if err != nil && err != dissect.ErrTooLong && err != io.ErrUnexpectedEOF && err != io.EOF {
			return found, err
		}
		found = dissect.AppendOnce(found, wrong...)
		m.lines = append(m.lines, place{at, len(mail.Trim(next))})
		if d.login != nil {
			found = append(found, d.moreOfLogin(next, at)...)
		}
		line = next
	}
	return found, nil
}

// literal reads one: a mail, of APPEND, or some argument.
func (d *dialogue) literal(r *dissect.Reader, m *Message, size int64) error {
	if d.login == nil {
		return m.read(r, size, "", m.Verb == "APPEND", true)
	}
	d.login.literal = true
	defer func() { d.login.literal = false; d.login.arguments++ }()
	l := literal{place: place{r.Offset(), 0}}
	for size > 0 { // by Bytes, so that it is hidden
		n := min(size, 4096)
		b, err := r.Bytes(int(n))
		if l.length += len(b); err != nil {
			m.literals = append(m.literals, l)
			return orUnexpected(err)
		}
		size -= n
	}
	m.literals = append(m.literals, l)
	return nil
}

func orUnexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// moreOfLogin looks at a line behind a literal of LOGIN.
func (d *dialogue) moreOfLogin(line []byte, at int) []dissect.Finding {
	secret, arguments := password(line, 0, d.login.arguments)
	d.login.arguments = arguments
	if secret.Length == 0 {
		return nil
	}
	secret.Offset += at
	return []dissect.Finding{mail.InClear(secret)}
}

// response takes what the client sends to log in, or to end IDLE.
func (d *dialogue) response(r *dissect.Reader, line []byte, wrong []dissect.Finding) {
	m := &Message{Response: string(mail.Trim(line)), done: d.idle && !d.loggingIn}
	m.place[2] = place{0, len(m.Response)}
	part := dissect.Part{Key: keyResponse, Value: m, Fields: m.fields}
	if m.done {
		part.Key, part.Summary = keyDone, text(m.Response)
		if !strings.EqualFold(m.Response, "DONE") {
			wrong = append(wrong, finding("done.missing", "6.3.13", m.place[2], dissect.Wrong))
		}
		d.idle = false
	} else {
		var found []dissect.Finding
		m.Response, found = mail.Response(line)
		wrong = append(wrong, found...)
		part.Summary = "AUTHENTICATE response " + text(m.Response)
	}
	part.Findings = wrong
	r.Emit(part)
}

// forget gives up what depends on having seen everything.
func (d *dialogue) forget(r *dissect.Reader) {
	r.Forget()
	*d = dialogue{lost: true, greeted: true, state: d.state, exchanges: d.exchanges}
}
