package smtp

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// dialogue is one connection: what was asked and has no reply yet, and how far
// the mail is.
type dialogue struct {
	lost      bool // something was not seen, so that a reply may answer what is not known
	synced    bool // a command was seen: what the client says next is known
	greeted   bool
	encrypted bool
	asked     []*asked

	sequence
	loggingIn bool   // the client's lines are responses to challenges
	data      *asked // DATA, until what follows it has been read
	reading   bool   // what follows it
	chunks    int    // of BDAT, in this mail
}

// asked is a command, or a mail, that waits for its reply.
type asked struct {
	ref      dissect.Ref
	verb     string
	exchange int
	code     int // of the reply to DATA, once it has come
}

// theMail stands for the verb of what is no command.
const theMail = "the mail"

const maxAsked = 1024

// What a line may be, with CR LF. RFC 5321 §4.5.3.1.4 allows commands of 512
// bytes, but extensions lengthen them: a SASL response of 12288 (RFC 4954 §4).
var (
	commandLines = dissect.Lines{Max: 12288, Keys: mail.Rules, RFC: 5321, Ends: "2.3.8", Longest: "4.5.3.1.4"}
	replyLines   = dissect.Lines{Max: 2048, Keys: mail.Rules, RFC: 5321, Ends: "2.3.8", Longest: "4.5.3.1.5"}
)

const shortLine = 512

// commands reads what the client says.
func (d *dialogue) commands(r *dissect.Reader) {
	r.Hide(d.secret)
	for {
		next := r.Peek(1)
		var err error
		switch {
		case d.encrypted && len(next) > 0:
			dissect.Opaque(r, mail.KeyTLS)
			return
		case d.data != nil && (d.data.code == 0 || d.data.code == 354) && len(next) > 0:
			err = d.mail(r)
		default:
			d.data = nil
			err = d.next(r)
		}
		switch err {
		case io.EOF:
			return
		case dissect.ErrGap:
			d.forget(r)
		}
	}
}

// secret is what of a client's line nobody should see.
func (d *dialogue) secret(line []byte) dissect.Range {
	switch {
	case d.reading:
		return dissect.Range{}
	case d.loggingIn:
		return mail.Hidden(line, 0)
	}
	return firstResponse(line)
}

// firstResponse is what stands behind the mechanism: AUTH PLAIN AGFsaWNl…
func firstResponse(line []byte) dissect.Range {
	verb, _, spaced := bytes.Cut(line, []byte(" "))
	if !spaced || !bytes.EqualFold(verb, []byte("AUTH")) {
		return dissect.Range{}
	}
	return mail.FirstResponse(line, 2)
}

// next takes one line of the client's: a command, or a response to a challenge.
func (d *dialogue) next(r *dissect.Reader) error {
	line, wrong, err := commandLines.Read(r)
	if err == io.EOF || err == dissect.ErrGap {
		return err
	}
	if d.loggingIn {
		d.response(r, line, wrong)
		return nil
	}
	m := parseCommand(line)
	known := slices.Contains(verbs, m.Verb)
	if !d.synced && !(known && strings.HasPrefix(string(line), m.Verb)) {
		r.Forget() // perhaps the rest of a mail
		return nil
	}
	d.synced = true
	return d.command(r, m, line, wrong)
}

// command takes one command line.
func (d *dialogue) command(r *dissect.Reader, m *Message, line []byte, wrong []dissect.Finding) error {
	found := append(wrong, d.check(m, line)...)
	d.advance(m)
	question := d.ask(m.Verb)
	if m.Verb == "AUTH" {
		d.loggingIn = true
		if first := firstResponse(line); first.Length > 0 {
			found = append(found, mail.InClear(first))
		}
	}
	question.ref = r.Emit(dissect.Part{
		Summary: m.summary(), Key: m.key(), Args: m.args(), Findings: found, Value: m, Fields: m.fields, Exchange: question.exchange,
	})
	switch m.Verb {
	case "DATA":
		d.data = question
	case "BDAT":
		return d.chunk(r, m, question)
	}
	return nil
}

func (d *dialogue) ask(verb string) *asked {
	question := &asked{verb: verb, exchange: d.current}
	if len(d.asked) < maxAsked {
		d.asked = append(d.asked, question)
	}
	return question
}

// response takes what the client sends to log in.
func (d *dialogue) response(r *dissect.Reader, line []byte, wrong []dissect.Finding) {
	text, found := mail.Response(line)
	m := &Message{Response: text, arg: place{0, len(mail.Trim(line))}}
	question := d.ask("AUTH")
	question.ref = r.Emit(dissect.Part{
		Summary: "AUTH response " + dissect.Text([]byte(m.Response), maxShown), Key: keyResponse, Findings: append(wrong, found...), Value: m, Fields: m.fields,
	})
}

// forget gives up what depends on having seen everything.
func (d *dialogue) forget(r *dissect.Reader) {
	r.Forget()
	d.lost, d.greeted, d.synced, d.asked, d.data, d.loggingIn = true, true, false, nil, nil, false
	d.sequence = sequence{exchange: d.exchange, pipelining: d.pipelining}
}
