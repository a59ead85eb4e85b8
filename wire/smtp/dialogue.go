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
	commandLines = mail.Lines{Max: 12288, RFC: 5321, Ends: "2.3.8", Longest: "4.5.3.1.4"}
	replyLines   = mail.Lines{Max: 2048, RFC: 5321, Ends: "2.3.8", Longest: "4.5.3.1.5"}
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
			mail.Opaque(r)
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

// mail reads what follows DATA.
func (d *dialogue) mail(r *dissect.Reader) error {
	var wrong []dissect.Finding
	question := d.data
	if question.code == 0 && !d.lost {
		wrong = append(wrong, finding("data.early", "4.1.1.4", place{0, 1}, dissect.Wrong))
	}
	d.reading = true
	text, err := mail.ReadData(r, func() bool { return d.data == nil })
	d.reading, d.data = false, nil
	if err != nil {
		return err
	}
	m := mail.Read(r.Read(), text.Start, text.Size, true, text.Complete || text.Stopped)
	wrong = append(append(wrong, text.Findings()...), m.Findings()...)
	part := dissect.Part{
		Summary: m.Summary(), Key: keyMail, Args: m.Args(), Findings: wrong, Value: &Message{Mail: m}, Fields: m.Fields,
		Story: m.Story(), Exchange: question.exchange,
	}
	if text.Stopped { // by the reply that has come already
		r.Emit(part)
		d.end()
		return nil
	}
	answer := d.ask(theMail)
	answer.exchange = question.exchange
	answer.ref = r.Emit(part)
	d.end()
	return nil
}

// chunk reads the bytes that BDAT has announced (RFC 3030 §2): a mail, or a piece
// of it, in which a dot is nothing but a dot.
func (d *dialogue) chunk(r *dissect.Reader, m *Message, question *asked) error {
	size, last, ok := m.chunk()
	if !ok {
		return nil
	}
	d.chunks++
	first := d.chunks == 1
	if size > 0 {
		_, err := r.Skip(size)
		part := dissect.Part{Key: keyChunk, Exchange: question.exchange, Args: map[string]any{"Count": d.chunks, "Bytes": r.Offset()}}
		part.Summary = chunkSummary(d.chunks, r.Offset())
		part.Fields = chunkFields
		if first {
			content := mail.Read(r.Read(), 0, r.Offset(), false, last && err == nil)
			part.Summary, part.Key, part.Args = content.Summary(), keyMail, content.Args()
			part.Findings, part.Value, part.Fields, part.Story = content.Findings(), &Message{Mail: content}, content.Fields, content.Story()
		}
		if err != nil {
			part.Findings = append(part.Findings, finding3030("chunk.short", place{0, r.Offset()}))
		}
		question.ref = r.Emit(part)
	}
	if last {
		question.verb = theMail
		d.end()
	}
	return nil
}

// end is the end of a mail: the next command begins another.
func (d *dialogue) end() {
	d.current, d.chunks = 0, 0
	d.sender, d.recipients = false, false
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
		d.reply(r, m, found)
	}
}

func (d *dialogue) reply(r *dissect.Reader, m *Message, found []dissect.Finding) {
	question, unasked := d.answered(m)
	m.hello = question.verb == "EHLO" && m.Code == 250
	m.accepted = question.verb == theMail && m.Code == 250
	found = append(found, m.checkReply()...)
	found = append(found, d.tooEarly(m)...)
	if unasked {
		found = append(found, finding("reply.unasked", "4.3.1", m.codePlace(), dissect.Warning))
	}
	d.consequences(m, question)
	r.Emit(dissect.Part{
		Summary: m.summary(), Key: m.key(), Args: m.args(), Findings: found, Value: m, Fields: m.fields, Answers: question.ref,
		Exchange: question.exchange,
	})
}

// answered is what a reply answers. RFC 5321 §4.2: every command has exactly one
// reply, in their order.
func (d *dialogue) answered(m *Message) (question asked, unasked bool) {
	if !d.greeted {
		d.greeted = true
		return asked{}, false
	}
	if len(d.asked) == 0 {
		return asked{}, !d.lost && m.Code != 421 && !d.inMail() // 421 may come at any time (RFC 5321 §3.8)
	}
	first := d.asked[0]
	d.asked = slices.Delete(d.asked, 0, 1)
	if first.verb == "DATA" {
		first.code = m.Code
	}
	return *first, false
}

// consequences are what a reply changes.
func (d *dialogue) consequences(m *Message, question asked) {
	switch {
	case question.verb == "EHLO" || question.verb == "HELO":
		d.pipelining = slices.ContainsFunc(m.Lines, func(line string) bool { return strings.EqualFold(line, "PIPELINING") })
	case m.Code == 334 && d.lost:
		d.loggingIn = true
	case m.Code == 354 && question.verb == "" && d.lost && d.data == nil:
		d.data = &asked{verb: "DATA", code: m.Code}
		d.synced = true
	case question.verb == "AUTH" && m.Code != 334:
		d.loggingIn = false
	case question.verb == "STARTTLS" && m.Code == 220:
		d.encrypted = true
	case (question.verb == "MAIL" || question.verb == "DATA") && m.Code >= 400 && len(d.asked) == 0:
		d.end()
	}
}

// tooEarly looks whether a server answers a mail before its end has come. If it
// says that all is well, it has taken something else for the end.
func (d *dialogue) tooEarly(m *Message) []dissect.Finding {
	if !d.inMail() || m.Code == 354 {
		return nil
	}
	d.data = nil // the mail ends here
	if m.Code/100 == 2 {
		return []dissect.Finding{finding("smuggling.accepted", "4.1.1.4", m.codePlace(), dissect.Wrong)}
	}
	return []dissect.Finding{finding("reply.early", "4.3.1", m.codePlace(), dissect.Notice)}
}

// inMail reports whether the server has nothing to say until a mail has ended.
func (d *dialogue) inMail() bool {
	return len(d.asked) == 0 && !d.lost && (d.reading || d.data != nil && d.data.code == 354)
}

// forget gives up what depends on having seen everything.
func (d *dialogue) forget(r *dissect.Reader) {
	r.Forget()
	d.lost, d.greeted, d.synced, d.asked, d.data, d.loggingIn = true, true, false, nil, nil, false
	d.sequence = sequence{exchange: d.exchange, pipelining: d.pipelining}
}
