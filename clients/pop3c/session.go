package pop3c

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wirebook/wirebook/clients/dialogue"
	"github.com/wirebook/wirebook/protocol/mail"
)

// Session is a connection to a server. It is for one goroutine at a time.
type Session struct {
	client Client
	conn   *dialogue.Conn
	in     *bufio.Reader

	timestamp    string          // of the greeting; "" if it had none
	capabilities map[string]bool // nil: not asked for
}

// Error is the server's -ERR.
type Error struct {
	Command string // "RETR 1"; of PASS, APOP and AUTH only the word
	Code    string // what stands in brackets (RFC 2449 §8): "IN-USE", "AUTH", "SYS/TEMP"; or ""
	Text    string // for people
}

func (e *Error) Error() string {
	code := ""
	if e.Code != "" {
		code = "[" + e.Code + "] "
	}
	return fmt.Sprintf("the server answers %s with -ERR %s%s", e.Command, code, e.Text)
}

// Close ends the connection, if it has not ended. Without [Session.Quit] before,
// nothing is deleted.
func (s *Session) Close() error { return s.conn.Close() }

// incoming reads from the connection.
type incoming struct{ *Session }

func (i incoming) Read(p []byte) (int, error) {
	n, err := i.conn.Read(p)
	if i.client.Wire != nil && n > 0 {
		i.client.Wire(false, p[:n])
	}
	return n, err
}

// wait gives the server so long for what is read next.
func (s *Session) wait() { s.conn.Wait(s.client.Timeout) }

// send sends lines.
func (s *Session) send(lines string) error {
	if err := s.conn.Ended(); err != nil {
		return err
	}
	if s.client.Wire != nil {
		s.client.Wire(true, []byte(lines))
	}
	return s.conn.Say(lines)
}

// reply reads the first line of a reply: +OK and a text, which it returns, or -ERR,
// which is an *Error (RFC 1939 §3).
func (s *Session) reply(command string) (string, error) {
	if err := s.conn.Ended(); err != nil {
		return "", err
	}
	s.wait()
	line, err := mail.ReadLine(s.in, s.client.MaxLine)
	if errors.Is(err, mail.ErrLineTooLong) {
		err = fmt.Errorf("%w: a reply of more than %d bytes", ErrProtocol, s.client.MaxLine)
	}
	if err != nil {
		return "", s.conn.Fail(err)
	}
	status, text, _ := strings.Cut(line, " ")
	switch status {
	case "+OK":
		return text, nil
	case "-ERR":
		return "", newError(command, text)
	}
	return "", s.conn.Fail(fmt.Errorf("%w: %.80q", ErrProtocol, line))
}

// newError takes the code off the text (RFC 2449 §8).
func newError(command, text string) *Error {
	e := &Error{Command: command, Text: text}
	if rest, ok := strings.CutPrefix(text, "["); ok {
		if code, text, ok := strings.Cut(rest, "]"); ok {
			e.Code, e.Text = strings.ToUpper(code), strings.TrimPrefix(text, " ")
		}
	}
	return e
}

// command sends a command and reads a reply of one line.
func (s *Session) command(format string, args ...any) (string, error) {
	line := fmt.Sprintf(format, args...)
	if err := s.send(line + "\r\n"); err != nil {
		return "", err
	}
	return s.reply(line)
}

// lines calls see for each line of a multi-line reply, of which the first has been
// read.
func (s *Session) lines(most int, see func(line string) error) error {
	in := bufio.NewReader(mail.NewDotReader(s.in))
	for count := 0; ; count++ {
		s.wait()
		line, err := mail.ReadLine(in, s.client.MaxLine)
		if err == io.EOF {
			return nil
		}
		if errors.Is(err, mail.ErrLineTooLong) {
			err = fmt.Errorf("%w: a line of more than %d bytes", ErrProtocol, s.client.MaxLine)
		}
		if err == nil && count == most {
			err = fmt.Errorf("%w: a reply of more than %d lines", ErrTooLarge, most)
		}
		if err == nil {
			err = see(line)
		}
		if err != nil {
			return s.conn.Fail(err)
		}
	}
}

// text copies a message, which is a multi-line reply, to save, and returns its
// size. If save fails the rest of the message is read all the same, so that the
// session can go on.
func (s *Session) text(save func(io.Reader) error) (int64, error) {
	text := &limited{s: s, r: mail.NewDotReader(s.in), left: s.client.MaxMessage}
	saveErr := save(text)
	if text.err == nil {
		io.Copy(io.Discard, text)
	}
	if text.err != io.EOF {
		return text.read, text.err
	}
	return text.read, saveErr
}

// limited is a message that must not be too large.
type limited struct {
	s    *Session
	r    io.Reader
	read int64
	left int64
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	l.s.wait()
	n, err := l.r.Read(p)
	l.read += int64(n)
	l.left -= int64(n)
	if l.left < 0 {
		err = fmt.Errorf("%w: a message of more than %d octets", ErrTooLarge, l.s.client.MaxMessage)
	}
	if err != nil && err != io.EOF {
		err = l.s.conn.Fail(err)
	}
	l.err = err
	return n, err
}
