package smtpc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wirebook/wirebook/protocol/mail"
)

// Envelope says whom a message is from and whom it is for.
type Envelope struct {
	From string // "": nobody
	To   []string

	Size     int64 // of the message, in octets with lines ended by CR LF; 0 is not known
	EightBit bool  // there are bytes above 127 in it
	UTF8     bool  // and also in its header (RFC 6532), or in an address
}

// Result is what became of a message that the server has taken.
type Result struct {
	Accepted []string // the recipients who get it
	Refused  []*Error // of the others, a RCPT each
	Reply    Reply    // to the message; many servers tell here by which name they have queued it
}

// Send hands a message over. If the server refuses some of the recipients, the
// others get it, and [Result].Refused says so. If it refuses all, the error is
// [ErrNobody] and the reasons. In the message an LF alone becomes CR LF.
//
// A server that offers PIPELINING is sent the commands without waiting for each
// reply (RFC 2920).
//
// After an *[Error] the session goes on, unless [Session.Ended]. If the message
// itself cannot be read the connection is closed: that is the only way not to send
// the half of it.
func (s *Session) Send(e Envelope, message io.Reader) (Result, error) {
	t, err := s.transaction(e)
	if err != nil {
		return Result{}, err
	}
	if err = t.envelope(); err == nil {
		t.result.Reply, err = s.text(message)
	}
	if err != nil {
		t.result.Accepted = nil
	}
	return t.result, err
}

// transaction is a message under way: the commands before its text.
type transaction struct {
	*Session
	commands []string
	to       []string

	result Result
	sender *Error // MAIL was refused
	data   *Error // DATA was
}

// transaction makes the commands, and looks whether they can succeed.
func (s *Session) transaction(e Envelope) (*transaction, error) {
	parameters, err := s.parameters(e)
	if err != nil {
		return nil, err
	}
	first, err := mailLine(e.From, parameters)
	if err != nil {
		return nil, err
	}
	t := &transaction{Session: s, commands: []string{first}, to: e.To}
	for _, to := range e.To {
		line, err := rcptLine(to)
		if err != nil {
			return nil, err
		}
		t.commands = append(t.commands, line)
	}
	t.commands = append(t.commands, "DATA")
	return t, nil
}

// parameters are those of MAIL.
func (s *Session) parameters(e Envelope) ([]string, error) {
	utf8 := e.UTF8 || !ascii(e.From+strings.Join(e.To, ""))
	var parameters []string
	for _, needed := range []struct {
		needed               bool
		extension, parameter string
	}{
		{e.EightBit || utf8, "8BITMIME", "BODY=8BITMIME"},
		{utf8, "SMTPUTF8", "SMTPUTF8"},
	} {
		if !needed.needed {
			continue
		}
		if _, ok := s.extensions[needed.extension]; !ok {
			return nil, fmt.Errorf("%s: %w", needed.extension, ErrNotOffered)
		}
		parameters = append(parameters, needed.parameter)
	}
	if _, ok := s.extensions["SIZE"]; ok && e.Size > 0 {
		if most := s.limit(); most > 0 && e.Size > most {
			return nil, fmt.Errorf("%w: it has %d octets, and may have %d", ErrTooLarge, e.Size, most)
		}
		parameters = append(parameters, fmt.Sprintf("SIZE=%d", e.Size))
	}
	return parameters, nil
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > 0x7f })
}

// ahead is how many commands are sent before their replies are read. All of them at
// once could fill both directions of the connection, and then each side would wait
// for the other to read (RFC 2920 §3.1).
const ahead = 50

// envelope sends MAIL, RCPT and DATA. Without an error, the server waits for the
// text.
func (t *transaction) envelope() error {
	window := 1
	if _, ok := t.extensions["PIPELINING"]; ok {
		window = ahead
	}
	for at := 0; at < len(t.commands); at += window {
		group := t.commands[at:min(at+window, len(t.commands))]
		if group[0] == "DATA" && len(t.result.Accepted) == 0 {
			break // nobody is left, and the server need not be asked
		}
		if err := t.send(group...); err != nil {
			return err
		}
		for i := range group {
			if err := t.hear(at + i); err != nil {
				return err
			}
		}
		if t.sender != nil {
			break
		}
	}
	return t.verdict()
}

// hear reads the reply to the command of that number. Its error is that the session
// is over.
func (t *transaction) hear(number int) error {
	command := t.commands[number]
	r, err := t.reply(1)
	if err != nil {
		return err
	}
	refused := &Error{command, r}
	switch {
	case t.conn.Ended() != nil: // 421
		return refused
	case number == 0:
		if r.Code != 250 {
			t.sender = refused
		}
	case command == "DATA":
		return t.hearData(refused)
	case r.Completed():
		t.result.Accepted = append(t.result.Accepted, t.to[number-1])
	default:
		t.result.Refused = append(t.result.Refused, refused)
	}
	return nil
}

// hearData is the reply to DATA. A server that goes on though it has refused
// everybody is sent a message without text, which it will not take (RFC 2920 §3.1).
func (t *transaction) hearData(r *Error) error {
	if r.Code != 354 {
		t.data = r
		return nil
	}
	if t.sender == nil && len(t.result.Accepted) > 0 {
		return nil
	}
	if err := t.send("."); err != nil {
		return err
	}
	_, err := t.reply(2)
	return err
}

// verdict says whether there is somebody to send the text to. If not, the
// transaction is ended, so that the session can be used for another.
func (t *transaction) verdict() error {
	var err error
	switch {
	case t.sender != nil:
		return t.sender // no transaction was begun
	case len(t.result.Accepted) == 0:
		reasons := []error{ErrNobody}
		for _, refused := range t.result.Refused {
			reasons = append(reasons, refused)
		}
		err = errors.Join(reasons...)
	case t.data != nil:
		err = t.data
	default:
		return nil
	}
	if rset := t.Rset(); t.conn.Ended() != nil {
		return errors.Join(err, rset)
	}
	return err
}

// text sends the message and the dot, and reads the reply.
func (s *Session) text(message io.Reader) (Reply, error) {
	out := bufio.NewWriterSize(outgoing{s}, 32<<10)
	dots := mail.NewDotWriter(out)
	source := &source{r: message}
	_, err := io.Copy(dots, source)
	if source.err != nil {
		return Reply{}, s.conn.Fail(fmt.Errorf("the message cannot be read: %w", source.err))
	}
	if err == nil {
		err = errors.Join(dots.Close(), out.Flush())
	}
	if err != nil {
		return s.lastWords(err)
	}
	r, err := s.reply(2)
	if err == nil && r.Code != 250 {
		err = &Error{"the message", r}
	}
	return r, err
}

// lastWords is what a server says that does not want to hear the rest of a message:
// more than that it has closed the connection.
func (s *Session) lastWords(writing error) (Reply, error) {
	if !s.conn.Cancelled() {
		if r, err := s.reply(1); err == nil {
			return r, s.conn.Fail(&Error{"the message", r})
		}
	}
	return Reply{}, s.conn.Fail(writing)
}

// source notes that a message could not be read, which io.Copy does not tell from
// that it could not be sent.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// outgoing is the message's way to the connection.
type outgoing struct{ *Session }

func (o outgoing) Write(p []byte) (int, error) {
	if o.client.Trace.Text != nil {
		o.client.Trace.Text(p)
	}
	return o.conn.Write(p)
}
