package ftp

import (
	"io"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// dialogue is one control connection: what was asked and has no last reply yet,
// and where the next data connection will be.
type dialogue struct {
	stream    *dissect.Stream
	lost      bool // something was not seen, so that a reply may answer what is not known
	greeted   bool
	encrypted bool // by TLS: what follows cannot be read
	anonymous bool
	before    string // the verb of the last command
	asked     []*asked
	next      *transfer // the data connection that was announced and not used yet
}

// asked is a command that waits for its last reply.
type asked struct {
	ref       dissect.Ref
	verb, arg string
	begun     bool // a preliminary reply has come
	transfer  *transfer
}

const maxAsked = 1024

// commands reads what the client says.
func (d *dialogue) commands(r *dissect.Reader) {
	r.Hide(secret)
	for {
		start := r.Peek(1)
		if d.encrypted && len(start) > 0 {
			dissect.Opaque(r, keyTLS)
			return
		}
		line, wrong, err := commandLines.Read(r)
		switch err {
		case io.EOF:
			return
		case dissect.ErrGap:
			d.forget(r)
			continue
		}
		m := parseCommand(line)
		if m.Verb == "" && d.lost {
			r.Forget() // the rest of a line whose beginning was not seen
			continue
		}
		d.command(r, m, line, wrong)
	}
}

// command takes one command line.
func (d *dialogue) command(r *dissect.Reader, m *Message, line []byte, wrong []dissect.Finding) {
	question := &asked{verb: m.Verb, arg: m.Arg}
	found := append(wrong, d.checkCommand(m, line)...)
	found = append(found, d.prepare(question, m)...)
	if m.Verb == "USER" {
		d.anonymous = isAnonymous(m.Arg)
	}
	d.before = m.Verb
	if len(d.asked) < maxAsked {
		d.asked = append(d.asked, question)
	}
	part := dissect.Part{
		Summary: m.summary(), Key: m.key(), Args: m.args(), Findings: found, Value: m, Fields: m.fields,
	}
	question.ref = r.Emit(part)
	if question.transfer != nil {
		question.transfer.asked = question.ref
	}
}

// replies reads what the server says.
func (d *dialogue) replies(r *dissect.Reader) {
	for {
		if d.encrypted {
			r.SkipRest()
			r.Forget()
			return
		}
		m, found, err := readReply(r)
		switch err {
		case io.EOF:
			return
		case dissect.ErrGap:
			d.forget(r)
			continue
		}
		if m.Code == 0 && d.lost {
			r.Forget()
			continue
		}
		question, unasked := d.answered(m)
		if question.verb == "RNFR" && m.Code >= 400 {
			d.before = "" // RNTO need not follow
		}
		found = append(found, m.checkReply()...)
		if unasked {
			found = append(found, finding("reply.unasked", 959, "5.4", m.codePlace(), dissect.Warning))
		}
		found = append(found, d.announce(m, question)...)
		r.Emit(dissect.Part{
			Summary: m.summary(), Key: m.key(), Args: m.args(), Findings: found, Value: m, Fields: m.fields, Answers: question.ref,
		})
		if m.Code == 234 && startsTLS(question) {
			d.encrypted = true
		}
	}
}

// answered is the command that a reply answers. A preliminary reply leaves it
// waiting for the last one.
func (d *dialogue) answered(m *Message) (question asked, unasked bool) {
	if !d.greeted {
		d.greeted = m.Code/100 != 1
		return asked{}, false
	}
	if len(d.asked) == 0 {
		return asked{}, !d.lost && m.Code != 421 // which may come at any time (RFC 959 §5.4)
	}
	at := d.waiting(m)
	question = *d.asked[at]
	if m.Code/100 == 1 {
		d.asked[at].begun = true
		return question, false
	}
	d.asked = slices.Delete(d.asked, at, at+1)
	return question, false
}

// waiting is the place of the command that a reply answers: the first, but for
// STAT, which is answered while a transfer goes on (RFC 959 §4.1.3).
func (d *dialogue) waiting(m *Message) int {
	status := m.Code >= 211 && m.Code <= 213
	if status && d.asked[0].begun {
		if at := slices.IndexFunc(d.asked, func(a *asked) bool { return a.verb == "STAT" }); at > 0 {
			return at
		}
	}
	return 0
}

// startsTLS reports whether a command asks for TLS (RFC 4217 §4).
func startsTLS(a asked) bool {
	return a.verb == "AUTH" && slices.Contains([]string{"TLS", "TLS-C", "SSL", "TLS-P"}, strings.ToUpper(a.arg))
}

// forget gives up what depends on having seen everything.
func (d *dialogue) forget(r *dissect.Reader) {
	r.Forget()
	d.lost, d.greeted, d.asked, d.next = true, true, nil, nil
}
