package smtpc

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/wirebook/wirebook/clients/dialogue"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/smtp"
)

// Client connects to SMTP servers. The zero value does so on the operating system's
// network.
type Client struct {
	Network netx.Network // netx.OS{}
	Clock   clock.Clock  // the machine's
	TLS     *tls.Config  // for STARTTLS and DialTLS; whom to trust, by default whom the system trusts

	// Timeout is for a connection, a reply, and each piece of a message to be
	// taken; the reply to a message may take twice as long. 5 min, by RFC 5321
	// §4.5.3.2.
	Timeout time.Duration

	// Name is what EHLO says of us; the connection's own address in brackets, as
	// a host without a name has it (RFC 5321 §4.1.3).
	Name string

	MaxLine  int // of a reply, in bytes; 4,096 (RFC 5321 §4.5.3.1.5 has 512)
	MaxLines int // of a reply; 1,000

	Trace Trace
}

// Trace is told what goes over the connection, as it happens. Each function may be
// nil.
type Trace struct {
	// Line is a command or a line of a reply, without its end. Of what AUTH
	// sends there are only asterisks.
	Line func(sent bool, line string)

	// Text is a piece of the message as it is sent, with dots stuffed and the
	// dot at its end. It must not be kept.
	Text func(piece []byte)
}

// Dial connects to a server, a host or host:port (port 25), reads its greeting, and
// says EHLO. The session ends when ctx does.
func (c *Client) Dial(ctx context.Context, server string) (*Session, error) {
	return c.dial(ctx, server, "25", false)
}

// DialTLS is Dial with TLS from the first byte, on port 465 (RFC 8314 §3.3).
func (c *Client) DialTLS(ctx context.Context, server string) (*Session, error) {
	return c.dial(ctx, server, "465", true)
}

func (c *Client) dial(ctx context.Context, server, port string, secure bool) (*Session, error) {
	s := &Session{client: c.withDefaults()}
	d := dialogue.Dialer{Network: c.Network, Clock: c.Clock, TLS: c.TLS, Timeout: s.client.Timeout}
	err := d.Dial(ctx, server, port, secure, func(conn *dialogue.Conn) error {
		s.conn = conn
		s.in = bufio.NewReader(conn)
		return s.begin()
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// begin reads the greeting, and answers it.
func (s *Session) begin() error {
	if _, err := s.expect("the connection", 220); err != nil {
		return err
	}
	return s.hello()
}

func (c *Client) withDefaults() Client {
	d := *c
	d.Timeout = cmp.Or(c.Timeout, 5*time.Minute)
	d.MaxLine = cmp.Or(c.MaxLine, 4096)
	d.MaxLines = cmp.Or(c.MaxLines, 1000)
	return d
}

// Errors beside those of reading and writing, and the server's own (*[Error]).
var (
	// ErrProtocol is a reply that is none by RFC 5321. The session is over.
	ErrProtocol = smtp.ErrProtocol
	// ErrArgument is an address, a name or a password that cannot be sent.
	ErrArgument = errors.New("not to be sent")
	// ErrNotOffered is an extension that is needed and that the server does not
	// have: STARTTLS, AUTH, 8BITMIME, SMTPUTF8.
	ErrNotOffered = errors.New("the server does not offer it")
	// ErrTooLarge is a message larger than the server has said it takes.
	ErrTooLarge = errors.New("the message is too large for the server")
	// ErrTLS is that TLS cannot begin, since it has begun.
	ErrTLS = errors.New("no TLS now")
	// ErrNobody is a message that no recipient may get. The session goes on.
	ErrNobody = errors.New("no recipient is accepted")
)
