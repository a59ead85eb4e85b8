package smtp

import (
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

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
