package imapc

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Message is one of the open folder.
type Message struct {
	Number   uint32    // its place now: others are deleted, and it changes
	UID      uint32    // its name, which stays
	Size     uint32    // in octets
	Flags    []string  // `\Seen`, `\Answered`
	Received time.Time // when it came (INTERNALDATE); zero is not known
	Header   []byte    // From, To, Cc, Subject, Date, Message-ID, as they stand in it
}

// Has reports whether the message has a flag.
func (m Message) Has(flag string) bool {
	for _, f := range m.Flags {
		if strings.EqualFold(f, flag) {
			return true
		}
	}
	return false
}

// summary is what is asked of messages that are to be listed. PEEK is that they do
// not count as seen (RFC 3501 §6.4.5).
const summary = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID)])"

// Messages lists those with the numbers from first to last.
func (s *Session) Messages(first, last uint32) ([]Message, error) {
	if first == 0 || first > last {
		return nil, nil
	}
	return s.summaries(fmt.Sprintf("FETCH %d:%d %s", first, last, summary))
}

// MessagesOf lists the messages with these UIDs; those that are gone are left out.
func (s *Session) MessagesOf(uids ...uint32) ([]Message, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	return s.summaries("UID FETCH " + set(uids) + " " + summary)
}

func (s *Session) summaries(command string) ([]Message, error) {
	var all []Message
	_, err := s.run(newCommand(command), on{"FETCH": func(r response) error {
		m := Message{Number: r.number}
		if err := s.fetched(&m, nil); err != nil {
			return err
		}
		if len(all) == s.client.MaxMessages {
			return fmt.Errorf("%w: so many messages", ErrTooLarge)
		}
		if m.UID != 0 && m.Header != nil { // else only a change of its flags
			all = append(all, m)
		}
		return nil
	}})
	return all, err
}

// fetched reads what FETCH tells of a message (RFC 3501 §7.4.2): names and values in
// turn. If body is not nil it is given the reader of the first BODY[…].
func (s *Session) fetched(m *Message, body func(io.Reader) error) error {
	if _, err := s.in.space(); err != nil {
		return err
	}
	if err := s.in.skip('('); err != nil {
		return err
	}
	for {
		b, err := s.in.peek()
		if err != nil {
			return err
		}
		switch b {
		case ')':
			return s.in.skip(')')
		case ' ':
			if _, err := s.in.next(); err != nil {
				return err
			}
			continue
		}
		if err := s.item(m, body); err != nil {
			return err
		}
	}
}

// item reads a name and its value.
func (s *Session) item(m *Message, body func(io.Reader) error) error {
	name, err := s.in.word()
	if err != nil {
		return err
	}
	if more, err := s.in.space(); err != nil || !more || name == "" {
		return fmt.Errorf("%w: %.80q in a FETCH (%v)", ErrProtocol, name, err)
	}
	name = strings.ToUpper(name)
	isBody := strings.HasPrefix(name, "BODY[")
	if b, err := s.in.peek(); err == nil && isBody && body != nil && b == '{' {
		return s.stream(body)
	}
	v, err := s.in.value()
	if err != nil {
		return err
	}
	switch {
	case isBody && body != nil:
		return body(strings.NewReader(v.str()))
	case isBody:
		m.Header = []byte(v.str())
	case name == "UID":
		m.UID, _ = v.number()
	case name == "RFC822.SIZE":
		m.Size, _ = v.number()
	case name == "FLAGS":
		m.Flags = v.words()
	case name == "INTERNALDATE":
		m.Received, _ = time.Parse("_2-Jan-2006 15:04:05 -0700", v.str())
	}
	return nil
}

// stream gives the bytes of a literal to body. What that leaves is read all the
// same, so that the session can go on.
func (s *Session) stream(body func(io.Reader) error) error {
	size, err := s.in.size()
	if err != nil {
		return err
	}
	if size > s.client.MaxMessage {
		return fmt.Errorf("%w: %d octets", ErrTooLarge, size)
	}
	text := &text{s: s, r: s.in.content(size), left: size}
	if err := body(text); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, text)
	return err
}

// text is what comes in pieces, each of which the server has its time for.
type text struct {
	s    *Session
	r    io.Reader
	left int64
}

func (t *text) Read(p []byte) (int, error) {
	t.s.wait()
	n, err := t.r.Read(p)
	t.left -= int64(n)
	if err == io.EOF && t.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Fetch writes a part of a message to w, as it was sent: "" is the whole message,
// "HEADER" its header, "2" its second part (RFC 3501 §6.4.5). It does not count as
// seen. An error of w's does not end the session.
func (s *Session) Fetch(uid uint32, section string, w io.Writer) (int64, error) {
	var octets int64
	var saving error
	found := false
	command := newCommand(fmt.Sprintf("UID FETCH %d (BODY.PEEK[%s])", uid, section))
	_, err := s.run(command, on{"FETCH": func(r response) error {
		return s.fetched(&Message{}, func(text io.Reader) error {
			out := &until{w: w}
			n, err := io.Copy(out, text)
			octets, saving, found = n, out.err, true
			return err
		})
	}})
	switch {
	case err != nil:
		return octets, err
	case saving != nil:
		return octets, saving
	case !found:
		return 0, fmt.Errorf("message %d, part %q: %w", uid, section, ErrNoMessage)
	}
	return octets, nil
}

// until writes to w until that fails.
type until struct {
	w   io.Writer
	err error
}

func (u *until) Write(p []byte) (int, error) {
	if u.err == nil {
		_, u.err = u.w.Write(p)
	}
	return len(p), nil
}
