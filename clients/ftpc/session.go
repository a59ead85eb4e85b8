package ftpc

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/protocol/ftp"
)

// Session is a control connection, and what has been agreed on it. Its methods
// are called one at a time.
//
// When the context of a command ends while its reply is due, nobody knows any more
// which reply belongs to what: the session is closed. A transfer is the
// exception, since there is a command to break it off, ABOR; the session goes on.
type Session struct {
	// Active may be changed between two transfers; see [Client.Active].
	Active bool

	// Text says that files are text, which travels with CR LF at the end of
	// each line and is changed to and from our own line ends (TYPE A, RFC
	// 959 §3.1.1.1). Otherwise they travel as they are (TYPE I).
	Text bool

	client *Client
	host   string // as it was dialled
	conn   net.Conn
	in     *bufio.Reader
	local  netip.AddrPort // the control connection's ends
	server netip.AddrPort

	tracing sync.Mutex

	closed         error                  // why no further command can be sent
	representation string                 // the TYPE that the server has; "" when we do not know
	features       map[string]string      // of FEAT; nil: not asked yet
	noEPSV, noEPRT bool                   // the server does not know them
	protected      bool                   // data connections have TLS
	tlsSessions    tls.ClientSessionCache // the control connection's, for the data connections
}

// ErrClosed is that the session has ended.
var ErrClosed = errors.New("the session has ended")

// Error is what a server refuses.
type Error struct {
	Command string // "RETR hello.txt"; of PASS the word alone
	Reply   ftp.Reply
}

// Error has the code and the text of the reply.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %03d %s", e.Command, e.Reply.Code, e.Reply.Text())
}

// command sends a command and returns its reply, of whatever kind.
func (s *Session) command(ctx context.Context, verb, arg string) (ftp.Reply, error) {
	if err := s.send(ctx, verb, arg); err != nil {
		return ftp.Reply{}, err
	}
	return s.reply(ctx)
}

// must sends a command that has to succeed (2yz).
func (s *Session) must(ctx context.Context, verb, arg string) (ftp.Reply, error) {
	reply, err := s.command(ctx, verb, arg)
	if err == nil && !reply.Completed() {
		err = refused(verb, arg, reply)
	}
	return reply, err
}

func refused(verb, arg string, reply ftp.Reply) error {
	return &Error{Command: shown(ftp.Command{Verb: verb, Arg: arg}), Reply: reply}
}

// shown is a command as it may be shown.
func shown(c ftp.Command) string {
	if c.Secret() {
		return c.Verb
	}
	return c.String()
}

// send sends a command. What would end the line, and begin another command, is
// refused: a file name may come from anywhere.
func (s *Session) send(ctx context.Context, verb, arg string) error {
	if s.closed != nil {
		return s.closed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c := ftp.Command{Verb: verb, Arg: arg}
	line := c.String()
	if strings.ContainsAny(line, "\r\n\x00") {
		return fmt.Errorf("%s: a name cannot have a line's end in it: %q", verb, arg)
	}
	if len(line) > ftp.MaxLine {
		return fmt.Errorf("%s: %d bytes are too long for a line", verb, len(line))
	}
	if c.Secret() {
		s.traceLine(true, verb+" ***")
	} else {
		s.traceLine(true, line)
	}
	return s.write(line + "\r\n")
}

func (s *Session) write(text string) error {
	s.conn.SetWriteDeadline(s.deadline())
	if _, err := s.conn.Write([]byte(text)); err != nil {
		return s.broken(err)
	}
	return nil
}

// reply reads the reply to a command that has no data connection. One that says
// only that another will follow (1yz) is not the end of it.
func (s *Session) reply(ctx context.Context) (ftp.Reply, error) {
	s.conn.SetReadDeadline(s.deadline())
	stop := context.AfterFunc(ctx, func() { s.conn.SetReadDeadline(longAgo) })
	defer stop()
	reply, err := s.read()
	for range maxPreliminary {
		if err != nil || !reply.Preliminary() {
			break
		}
		reply, err = s.read()
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return reply, s.broken(context.Cause(ctx))
	case err != nil:
		return reply, s.broken(err)
	case reply.Preliminary():
		return reply, s.broken(errNoEnd)
	}
	return reply, nil
}

// maxPreliminary is how many replies 1yz one command may have; RFC 959 §5.4 has
// none with more than one.
const maxPreliminary = 8

var errNoEnd = errors.New("one preliminary reply after the other")

// read reads one reply. 421 says that the server leaves (RFC 959 §4.2.2); it may
// come as the reply to anything.
func (s *Session) read() (ftp.Reply, error) {
	reply, err := ftp.ReadReply(s.in)
	if err == nil && reply.Code == 421 {
		return reply, &Error{Command: "the server ends the session", Reply: reply}
	}
	return reply, err
}

// broken closes the session for a reason.
func (s *Session) broken(err error) error {
	if s.closed == nil {
		s.closed = fmt.Errorf("%w: %w", ErrClosed, err)
		s.conn.Close()
	}
	return s.closed
}

// Close ends the session without a word; see [Session.Quit].
func (s *Session) Close() error {
	if s.closed != nil {
		return nil
	}
	s.closed = ErrClosed
	return s.conn.Close()
}

// Ended reports why no further command can be sent; nil if one can.
func (s *Session) Ended() error { return s.closed }

// Server is where the control connection leads.
func (s *Session) Server() netip.AddrPort { return s.server }

// deadline is for something that begins now, by the clock that the network goes by.
func (s *Session) deadline() time.Time { return s.clock().Now().Add(s.client.timeout()) }

// longAgo is a deadline that ends a wait.
var longAgo = time.Unix(1, 0)

func (s *Session) clock() clock.Clock { return clock.Or(s.client.Clock) }
