package pop3

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// dialogue is one connection: what was asked and has no reply yet, and in which
// state the session is.
type dialogue struct {
	lost      bool // something was not seen, so that a reply may answer what is not known
	greeted   bool
	encrypted bool
	state     string
	loggingIn bool // the client's lines are responses to challenges
	asked     []*asked
}

// asked is a command that waits for its reply.
type asked struct {
	ref       dissect.Ref
	verb, arg string
	exchange  int
}

// The states of a session (RFC 1939 §3).
const (
	authorization = "AUTHORIZATION"
	transaction   = "TRANSACTION"
	update        = "UPDATE"
)

const maxAsked = 1024

// What a line may be, with CR LF: RFC 2449 §4, but a SASL response may be longer
// (RFC 5034 §4).
var (
	commandLines = dissect.Lines{Max: 12288, Keys: mail.Rules, RFC: 1939, Ends: "3", Longest: "3"}
	replyLines   = dissect.Lines{Max: 12288, Keys: mail.Rules, RFC: 1939, Ends: "3", Longest: "3"}
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
		case d.loggingIn:
			d.response(r, line, wrong)
		default:
			d.command(r, line, wrong)
		}
	}
}

// secret is what of a client's line nobody should see: a password, which may have
// spaces in it, APOP's digest, or what AUTH sends.
func (d *dialogue) secret(line []byte) dissect.Range {
	if d.loggingIn {
		return mail.Hidden(line, 0)
	}
	text := bytes.TrimRight(line, "\r\n")
	start := len(text) - len(bytes.TrimLeft(text, " \t"))
	for verb, words := range map[string]int{"PASS": 1, "APOP": 2, "AUTH": 2} {
		end := start + len(verb)
		if end > len(text) || !strings.EqualFold(string(text[start:end]), verb) {
			continue
		}
		if words == 1 { // whatever follows: who mistypes a password does not want it shown either
			if end < len(text) && text[end] <= ' ' {
				end++
			}
			return dissect.To(end, len(text))
		}
		return mail.FirstResponse(line, words)
	}
	return dissect.Range{}
}

// command takes one command line.
func (d *dialogue) command(r *dissect.Reader, line []byte, wrong []dissect.Finding) {
	m := parseCommand(line)
	if d.lost && !slices.Contains(verbs, m.Verb) {
		r.Forget() // the rest of a line whose beginning was not seen
		return
	}
	found := append(wrong, d.check(m, line)...)
	if secret := d.secret(line); secret.Length > 0 {
		if m.Verb != "APOP" {
			found = append(found, mail.InClear(secret))
		}
		m.hide(secret)
	}
	question := &asked{verb: m.Verb, arg: m.Arg, exchange: m.number()}
	if len(d.asked) < maxAsked {
		d.asked = append(d.asked, question)
	}
	d.loggingIn = m.Verb == "AUTH" && m.Arg != ""
	question.ref = r.Emit(dissect.Part{
		Summary: m.summary(), Key: m.key(), Args: m.args(), Findings: found, Value: m, Fields: m.fields, Exchange: question.exchange,
	})
}

// hide puts one word, however long the secret is.
func (m *Message) hide(secret dissect.Range) {
	at := max(secret.Offset-m.arg.at, 0)
	if at < len(m.Arg) && strings.Trim(m.Arg[at:], "*") == "" {
		m.Arg = m.Arg[:at] + mail.Stars
	}
}

// response takes what the client sends to log in.
func (d *dialogue) response(r *dissect.Reader, line []byte, wrong []dissect.Finding) {
	text, found := mail.Response(line)
	m := &Message{Response: text, arg: place{0, len(mail.Trim(line))}}
	question := &asked{verb: "AUTH", arg: "response"}
	if len(d.asked) < maxAsked {
		d.asked = append(d.asked, question)
	}
	question.ref = r.Emit(dissect.Part{
		Summary: "AUTH response " + dissect.Text([]byte(m.Response), maxShown), Key: keyResponse, Findings: append(wrong, found...), Value: m, Fields: m.fields,
	})
}

// replies reads what the server says.
func (d *dialogue) replies(r *dissect.Reader) {
	for {
		if d.encrypted {
			r.SkipRest()
			r.Forget()
			return
		}
		line, found, err := replyLines.Read(r)
		switch err {
		case io.EOF:
			return
		case dissect.ErrGap:
			d.forget(r)
			continue
		}
		m := parseReply(line)
		if m.Status == "" && d.lost {
			r.Forget()
			continue
		}
		if d.reply(r, m, found) == dissect.ErrGap {
			d.forget(r)
		}
	}
}

// reply takes a reply, of which the first line has been read.
func (d *dialogue) reply(r *dissect.Reader, m *Message, found []dissect.Finding) error {
	question, unasked := d.answered(m)
	m.asked = question.verb
	part := dissect.Part{Answers: question.ref, Exchange: question.exchange}
	if m.Status == "+OK" && multiline(question.verb, question.arg) {
		more, err := m.readLines(r)
		if err != nil {
			return err
		}
		found = dissect.AppendOnce(found, more...)
		if m.Mail != nil {
			part.Story = m.Mail.Story()
		}
	}
	if m.Status == "" {
		found = append(found, finding("reply.malformed", "3", m.arg, dissect.Wrong))
	}
	if unasked {
		found = append(found, finding("reply.unasked", "3", m.verb, dissect.Warning))
	}
	d.consequences(m, question)
	part.Summary, part.Key, part.Args, part.Findings, part.Value, part.Fields = m.summary(), m.key(), m.args(), found, m, m.fields
	r.Emit(part)
	return nil
}

// readLines reads what follows the first line of a reply: a mail, or a list.
func (m *Message) readLines(r *dissect.Reader) ([]dissect.Finding, error) {
	text, err := mail.ReadMultiline(r)
	if err != nil {
		return nil, err
	}
	m.multi, m.size, m.count = true, text.Size, text.Lines
	if m.asked == "RETR" || m.asked == "TOP" {
		m.Mail = mail.Read(r.Read(), text.Start, text.Size, true, m.asked == "RETR" && text.Complete)
		return text.Findings(), nil
	}
	for _, p := range m.linePlaces(r.Read()) {
		m.Lines = append(m.Lines, string(r.Read()[p.at:p.at+p.length]))
	}
	return text.Findings(), nil
}

// linePlaces are where the lines of a list are.
func (m *Message) linePlaces(b []byte) []place {
	var places []place
	end := min(m.first+m.size, len(b))
	for at := m.first; at < end && len(places) < maxLines; {
		n := bytes.IndexByte(b[at:end], '\n') + 1
		if n == 0 {
			n = end - at
		}
		places = append(places, place{at, len(mail.Trim(b[at : at+n]))})
		at += n
	}
	return places
}

// answered is the command that a reply answers: the first that waits.
func (d *dialogue) answered(m *Message) (question asked, unasked bool) {
	if !d.greeted {
		d.greeted = true
		return asked{verb: greeting}, false
	}
	if len(d.asked) == 0 {
		return asked{}, !d.lost
	}
	question = *d.asked[0]
	d.asked = slices.Delete(d.asked, 0, 1)
	return question, false
}

// greeting stands for what the server says first.
const greeting = "the greeting"

// consequences are what a reply changes.
func (d *dialogue) consequences(m *Message, question asked) {
	good := m.Status == "+OK"
	switch {
	case m.Status == "+" && d.lost:
		d.loggingIn = true
	case question.verb == "AUTH" && m.Status != "+":
		d.loggingIn = false
		if good && question.arg != "" {
			d.state = transaction
		}
	case good && (question.verb == "PASS" || question.verb == "APOP"):
		d.state = transaction
	case good && question.verb == "QUIT":
		d.state = update
	case good && question.verb == "STLS":
		d.encrypted = true
	}
}

// forget gives up what depends on having seen everything.
func (d *dialogue) forget(r *dissect.Reader) {
	r.Forget()
	d.lost, d.greeted, d.asked, d.loggingIn = true, true, nil, false
}
