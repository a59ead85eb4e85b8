package smtpc

import (
	"bufio"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clients/dialogue"
	"github.com/wirebook/wirebook/protocol/smtp"
)

// Session is a connection to a server. It is for one goroutine at a time.
type Session struct {
	client Client
	conn   *dialogue.Conn
	in     *bufio.Reader

	extensions map[string]string // by name, with their parameters; nil: the server knows only HELO
}

// Close ends the connection, if it has not ended. [Session.Quit] is more polite.
func (s *Session) Close() error { return s.conn.Close() }

// Secured reports whether TLS has begun.
func (s *Session) Secured() bool { return s.conn.Secured() }

// Ended is why the session is over; nil: it is not.
func (s *Session) Ended() error { return s.conn.Ended() }

func (s *Session) trace(sent bool, line string) {
	if s.client.Trace.Line != nil {
		s.client.Trace.Line(sent, line)
	}
}

// send sends lines.
func (s *Session) send(lines ...string) error {
	for _, line := range lines {
		s.trace(true, line)
	}
	return s.conn.Say(strings.Join(lines, "\r\n") + "\r\n")
}

// reply reads what the server answers, for which it has so many timeouts. After 421
// it says no more (RFC 5321 §3.8).
func (s *Session) reply(timeouts int) (Reply, error) {
	if err := s.conn.Ended(); err != nil {
		return Reply{}, err
	}
	s.conn.Wait(time.Duration(timeouts) * s.client.Timeout)
	r, err := smtp.ReadReply(s.in, s.client.MaxLine, s.client.MaxLines, func(line string) { s.trace(false, line) })
	if err != nil {
		return r, s.conn.Fail(err)
	}
	if r.Code == 421 {
		s.conn.End(&Error{"the session", r})
	}
	return r, nil
}

// expect reads a reply that must have one of these codes; any other is an *Error.
func (s *Session) expect(command string, codes ...int) (Reply, error) {
	r, err := s.reply(1)
	if err == nil && !slices.Contains(codes, r.Code) {
		err = &Error{command, r}
	}
	return r, err
}

// command sends a line, and expects a reply.
func (s *Session) command(line string, codes ...int) (Reply, error) {
	if err := s.send(line); err != nil {
		return Reply{}, err
	}
	return s.expect(line, codes...)
}
