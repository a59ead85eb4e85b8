package smtp

import (
	"io"
	"slices"
	"strings"

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

const maxReply = 64 << 10 // bytes in all its lines

// readReply reads a reply of one line, or of several, each of which has the code
// (RFC 5321 §4.2.1). Its Code is 0 where there is none.
func readReply(r *dissect.Reader) (m *Message, found []dissect.Finding, err error) {
	m = new(Message)
	for {
		at := r.Offset()
		line, wrong, err := replyLines.Read(r)
		switch {
		case err == dissect.ErrGap, err == io.EOF && at == 0:
			return nil, nil, err
		case err == io.EOF:
			return m, append(found, finding("reply.cut", "4.2.1", place{0, at}, dissect.Wrong)), nil
		}
		found = dissect.AppendOnce(found, wrong...)
		code, more, ok := readStatus(line)
		switch {
		case !ok && at == 0:
			m.add(line, 0)
			return m, found, nil
		case !ok || m.Code != 0 && code != m.Code:
			found = dissect.AppendOnce(found, finding("reply.codes", "4.2.1", place{at, len(mail.Trim(line))}, dissect.Wrong))
			more = more || !ok
		}
		start := 0
		if ok {
			start = min(len("250-"), len(mail.Trim(line)))
		}
		if m.Code == 0 {
			m.Code = code
		}
		m.add(line[start:], at+start)
		switch {
		case err == io.ErrUnexpectedEOF && more:
			return m, append(found, finding("reply.cut", "4.2.1", place{0, r.Offset()}, dissect.Wrong)), nil
		case !more:
			return m, found, nil
		case r.Offset() > maxReply:
			return m, append(found, finding("reply.too-long", "4.2.1", place{0, r.Offset()}, dissect.Warning)), nil
		}
	}
}
