package smtpd

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/emersion/go-smtp"

	"github.com/wirebook/wirebook/protocol/mail"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// Data takes the message (RFC 5321 §4.1.1.4). The 250 means that it is on the
// disk; from then on it is ours to deliver. The text is read from the stream, not
// from go-smtp's reader.
func (c *conversation) Data(io.Reader) error {
	text := &incomingText{dots: c.stream.reader(), left: c.MaxSize, longest: c.MaxLine}
	id, err := c.take(text)
	gone := text.skip(c.MaxSize)
	c.stream.textEnded(gone == nil)
	switch {
	case gone != nil && gone != errTooLarge:
		return refusal(451, 4, 4, 2, "the message did not end")
	case text.refusal != nil: // what was wrong with the text explains all other errors
		return text.refusal
	case err != nil:
		return c.refusalOf(err)
	}
	c.Log.Info("smtpd: accepted", "id", id, "client", c.client(), "from", c.from.String(), "recipients", len(c.to))
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: "queued as " + id}
}

// take reads a message and stores it.
func (c *conversation) take(text *incomingText) (id string, err error) {
	h, err := readHeader(text)
	if err != nil {
		return "", err
	}
	if h.hops > c.MaxHops {
		return "", refusal(554, 5, 4, 6, "it has passed too many servers: a loop")
	}
	e := queue.Envelope{ID: queue.NewID(), From: c.from.String(), UTF8: c.utf8}
	for _, to := range c.to {
		e.To = append(e.To, to.String())
	}
	if c.role.login() {
		h.complete(c.Clock.Now(), e.ID, c.Hostname)
	}
	whole := io.MultiReader(bytes.NewReader(c.received(e.ID)), bytes.NewReader(h.text), text)
	return e.ID, c.store(e, whole)
}

// smallMessage is up to which size a message for a mailbox of ours is kept in
// memory until it is there, in octets.
const smallMessage = 64 << 10

// store brings a message to the disk. One for a mailbox of this host need not wait
// in the queue, if it can be delivered at once. With several recipients it does:
// either all are taken over, or none.
func (c *conversation) store(e queue.Envelope, text io.Reader) error {
	if len(c.to) > 1 || !c.isLocal(c.to[0].domain) {
		_, err := c.Queue.Add(c.ctx, e, text)
		return err
	}
	begun := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(begun)
	begun.Reset()
	_, err := io.CopyN(begun, text, smallMessage)
	switch {
	case err == nil: // and there is more
		_, err = c.Queue.Add(c.ctx, e, io.MultiReader(begun, text))
		return err
	case err != io.EOF:
		return err
	}
	result := c.intoMailbox(c.ctx, e, e.To[0], bytes.NewReader(begun.Bytes()))
	if result.State == queue.Delivered {
		return nil
	}
	_, err = c.Queue.Add(c.ctx, e, begun)
	return err
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// incomingText is a message as it comes in. It ends with an error where it breaks
// a rule, and can then be skipped.
type incomingText struct {
	dots    *mail.DotReader
	left    int64 // octets that may still come
	longest int   // line, in octets
	line    int   // octets of the line so far
	refusal error
	err     error
}

var errTooLarge = errors.New("it is much too large")

// Read reads a part of the message.
func (t *incomingText) Read(p []byte) (int, error) {
	if t.refusal != nil {
		return 0, t.refusal
	}
	n, err := t.dots.Read(p)
	t.check(p[:n])
	if t.refusal != nil {
		return 0, t.refusal
	}
	t.err = err
	return n, err
}

// check looks for what is not allowed. A CR or an LF alone is refused because
// servers disagree whether it ends a line: a message could end here for one of
// them and go on for the other, with commands in between (RFC 5321 §2.3.8).
func (t *incomingText) check(piece []byte) {
	t.left -= int64(len(piece))
	switch {
	case t.dots.Irregular():
		t.refusal = refusal(554, 5, 6, 0, "a CR or LF stands alone; lines end with CR LF")
	case t.left < 0:
		t.refusal = refusal(552, 5, 3, 4, "the message is too large")
	case t.tooLong(piece):
		t.refusal = refusal(554, 5, 6, 0, "a line of the message is too long")
	}
}

func (t *incomingText) tooLong(piece []byte) bool {
	for {
		i := bytes.IndexByte(piece, '\n')
		if i < 0 {
			t.line += len(piece)
			return t.line > t.longest
		}
		if t.line+i+1 > t.longest {
			return true
		}
		t.line, piece = 0, piece[i+1:]
	}
}

// skip reads what is left of the text, if that is not too much. Its error is that
// the end was not found.
func (t *incomingText) skip(most int64) error {
	if t.err == io.EOF {
		return nil
	}
	n, err := io.Copy(io.Discard, io.LimitReader(t.dots, most))
	if err == nil && n == most {
		return errTooLarge
	}
	if err == nil && t.refusal == nil && t.dots.Irregular() {
		t.check(nil)
	}
	return err
}
