package imapc

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/wirebook/wirebook/clients/dialogue"
)

// Session is a connection to a server. It is for one goroutine at a time.
type Session struct {
	client Client
	conn   *dialogue.Conn
	in     *parser
	idling atomic.Bool

	tag          int             // of the last command
	capabilities map[string]bool // nil: not told yet
	selected     Mailbox
}

// Status is a reply: a text for people, and perhaps a code for programs (RFC 3501
// §7.1).
type Status struct {
	Code string // what stands in brackets: "TRYCREATE", "UIDNEXT 18"; or ""
	Text string
}

func (s Status) String() string {
	if s.Code != "" {
		return "[" + s.Code + "] " + s.Text
	}
	return s.Text
}

// Error is what the server refuses.
type Error struct {
	Command string // "SELECT Sent"; of a login without what is secret
	Word    string // NO: it cannot be done; BAD: it was not understood; BYE: it is over
	Status
}

func (e *Error) Error() string {
	return fmt.Sprintf("the server answers %s with %s %s", e.Command, e.Word, e.Status)
}

// Close ends the connection, if it has not ended.
func (s *Session) Close() error { return s.conn.Close() }

// Secured reports whether TLS has begun.
func (s *Session) Secured() bool { return s.conn.Secured() }

// wait gives the server so long for what is read next.
func (s *Session) wait() { s.conn.Wait(s.client.Timeout) }

// listen is wait, but while the server need not say anything, in IDLE, it may be
// silent for as long as it likes.
func (s *Session) listen() {
	if s.idling.Load() {
		s.conn.Wait(0)
	}
	if !s.idling.Load() { // also if it has just ended
		s.wait()
	}
}

// write sends text, of which the trace sees what is shown.
func (s *Session) write(text, shown string) error {
	if err := s.conn.Ended(); err != nil {
		return err
	}
	if s.client.Trace.Line != nil {
		s.client.Trace.Line(true, strings.TrimSuffix(shown, "\r\n"))
	}
	return s.conn.Say(text)
}

// on is what a command wants to hear: by the word of a response, what reads the rest
// of it, or as much as it likes.
type on map[string]func(r response) error

// run sends a command, and reads up to the reply.
func (s *Session) run(c *command, hear on) (Status, error) {
	tag, err := s.send(c)
	if err != nil {
		return Status{}, err
	}
	return s.replyTo(tag, c.name, hear)
}

// send sends a command and returns its tag. If the server will not take a literal,
// its reply is the error.
func (s *Session) send(c *command) (tag string, err error) {
	if err := s.conn.Ended(); err != nil {
		return "", err
	}
	if err := c.check(); err != nil {
		return "", err
	}
	s.tag++
	tag = fmt.Sprintf("a%d", s.tag)
	for i, piece := range c.pieces {
		if i == 0 {
			piece = tag + " " + piece
		}
		shown := piece
		if c.shown != "" {
			shown = "********"
			if i == 0 {
				shown = tag + " " + c.shown
			}
		}
		if i > 0 {
			if err := s.invited(tag, c.name); err != nil {
				return "", err
			}
			piece, shown = c.texts[i-1]+piece, c.texts[i-1]+shown
			if c.shown != "" {
				shown = "********"
			}
		}
		if err := s.write(piece+"\r\n", shown); err != nil {
			return "", err
		}
	}
	return tag, nil
}

// invited reads up to the + by which the server asks for what follows (RFC 3501
// §7.5).
func (s *Session) invited(tag, name string) error {
	for {
		r, err := s.response()
		if err != nil {
			return err
		}
		if r.tag == "+" {
			if _, err := s.in.rest(); err != nil {
				return s.conn.Fail(err)
			}
			return nil
		}
		if _, done, err := s.heard(r, tag, name, nil); err != nil {
			return err
		} else if done {
			return s.conn.Fail(fmt.Errorf("%w: the reply to %s comes too early", ErrProtocol, name))
		}
	}
}

// replyTo reads up to the reply to the command of that tag. NO and BAD are an
// *[Error].
func (s *Session) replyTo(tag, name string, hear on) (Status, error) {
	for {
		r, err := s.response()
		if err != nil {
			return Status{}, err
		}
		if status, done, err := s.heard(r, tag, name, hear); err != nil || done {
			return status, err
		}
	}
}
