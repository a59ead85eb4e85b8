package pop3c

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Message is one message of the maildrop, as LIST and UIDL tell. Numbers are those
// of this session; UniqueID stays (RFC 1939 §7).
type Message struct {
	Number   int
	Size     int64 // in octets; -1 is not known
	UniqueID string
}

// Stat says how many messages there are, and their octets together.
func (s *Session) Stat() (count int, octets int64, err error) {
	text, err := s.command("STAT")
	if err != nil {
		return 0, 0, err
	}
	number, rest, _ := strings.Cut(text, " ")
	size, _, _ := strings.Cut(rest, " ")
	count, ok := parseNumber(number)
	octets, ok2 := parseSize(size)
	if !ok || !ok2 {
		return 0, 0, s.conn.Fail(fmt.Errorf("%w: STAT is answered with %.80q", ErrProtocol, text))
	}
	return count, octets, nil
}

// List says how large each message is.
func (s *Session) List() ([]Message, error) {
	return s.listing("LIST", func(m *Message, text string) (ok bool) {
		m.Size, ok = parseSize(text)
		return ok
	})
}

// UIDL says each message's unique-id.
func (s *Session) UIDL() ([]Message, error) {
	return s.listing("UIDL", func(m *Message, text string) bool {
		m.Size, m.UniqueID = -1, text
		for _, c := range []byte(text) {
			if c <= ' ' || c >= 0x7f {
				return false
			}
		}
		const longest = 250 // RFC 1939 §7 allows 70
		return text != "" && len(text) <= longest
	})
}

// listing reads a line for each message: its number, and what describe reads.
func (s *Session) listing(command string, describe func(m *Message, text string) bool) ([]Message, error) {
	if _, err := s.command("%s", command); err != nil {
		return nil, err
	}
	var all []Message
	err := s.lines(s.client.MaxMessages, func(line string) error {
		number, rest, _ := strings.Cut(line, " ")
		text, _, _ := strings.Cut(rest, " ") // a server may say more (RFC 1939 §5)
		var m Message
		var ok bool
		if m.Number, ok = parseNumber(number); !ok || m.Number == 0 || !describe(&m, text) {
			return fmt.Errorf("%w: %s is answered with %.80q", ErrProtocol, command, line)
		}
		all = append(all, m)
		return nil
	})
	return all, err
}

func parseNumber(digits string) (int, bool) {
	n, err := strconv.ParseUint(digits, 10, 31)
	return int(n), err == nil
}

func parseSize(digits string) (int64, bool) {
	n, err := strconv.ParseUint(digits, 10, 63)
	return int64(n), err == nil
}

// Retr writes a message to w, with lines ended by CR LF, and returns its size. If
// it fails, a part may have been written.
func (s *Session) Retr(number int, w io.Writer) (int64, error) {
	return s.message(w, "RETR %d", number)
}

// Top writes the header and the first lines of a message's body to w.
func (s *Session) Top(number, lines int, w io.Writer) (int64, error) {
	return s.message(w, "TOP %d %d", number, lines)
}

func (s *Session) message(w io.Writer, format string, args ...any) (int64, error) {
	if _, err := s.command(format, args...); err != nil {
		return 0, err
	}
	return s.text(func(r io.Reader) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// Dele marks a message to be deleted by Quit.
func (s *Session) Dele(number int) error {
	_, err := s.command("DELE %d", number)
	return err
}

// Rset takes back what Dele did.
func (s *Session) Rset() error {
	_, err := s.command("RSET")
	return err
}

// Noop asks for nothing but an answer.
func (s *Session) Noop() error {
	_, err := s.command("NOOP")
	return err
}

// Quit ends the session: the server deletes what was marked. An error means that
// it has perhaps not. The connection is closed in any case.
func (s *Session) Quit() error {
	_, err := s.command("QUIT")
	s.Close()
	return err
}
