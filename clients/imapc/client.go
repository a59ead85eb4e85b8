package imapc

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clients/dialogue"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Client connects to IMAP servers. The zero value does so on the operating system's
// network.
type Client struct {
	Network netx.Network  // netx.OS{}
	Clock   clock.Clock   // the machine's
	Timeout time.Duration // for a connection, a response, and each further piece of a message; 30 s
	TLS     *tls.Config   // for StartTLS and DialTLS; whom to trust, by default whom the system trusts

	MaxResponse int   // of one, in bytes, but for the message in it; 4 MiB
	MaxMessages int   // in an answer; 200,000
	MaxMessage  int64 // octets of what is fetched; 1 GiB

	Trace Trace
}

// Trace is told what goes over the connection, as it happens. Each function may be
// nil.
type Trace struct {
	// Line is a line, without its end; of a password there are only asterisks.
	// Of a message there is in it how many bytes follow.
	Line func(sent bool, line string)

	// Text is a piece of those bytes. It must not be kept.
	Text func(sent bool, piece []byte)
}

// Dial connects to a server, a host or host:port (port 143), and reads its
// greeting. The session ends when ctx does.
func (c *Client) Dial(ctx context.Context, server string) (*Session, error) {
	return c.dial(ctx, server, "143", false)
}

// DialTLS is Dial with TLS from the first byte, on port 993 (RFC 8314 §3.2).
func (c *Client) DialTLS(ctx context.Context, server string) (*Session, error) {
	return c.dial(ctx, server, "993", true)
}

func (c *Client) dial(ctx context.Context, server, port string, secure bool) (*Session, error) {
	s := &Session{client: c.withDefaults()}
	d := dialogue.Dialer{Network: c.Network, Clock: c.Clock, TLS: c.TLS, Timeout: s.client.Timeout}
	err := d.Dial(ctx, server, port, secure, func(conn *dialogue.Conn) error {
		s.conn = conn
		s.in = &parser{Reader: bufio.NewReaderSize(conn, 16<<10), trace: s.client.Trace}
		return s.begin()
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// begin reads the greeting (RFC 3501 §7.1).
func (s *Session) begin() error {
	r, err := s.response()
	if err != nil {
		return err
	}
	if r.tag != "*" || r.word != "OK" && r.word != "PREAUTH" && r.word != "BYE" {
		return s.conn.Fail(fmt.Errorf("%w: it begins with %.40q", ErrProtocol, r.tag+" "+r.word))
	}
	status, err := s.status()
	if err == nil && r.word == "BYE" {
		err = s.conn.Fail(&Error{"the connection", "BYE", status})
	}
	return err
}

func (c *Client) withDefaults() Client {
	d := *c
	d.Clock = clock.Or(c.Clock)
	d.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	d.MaxResponse = cmp.Or(c.MaxResponse, 4<<20)
	d.MaxMessages = cmp.Or(c.MaxMessages, 200_000)
	d.MaxMessage = cmp.Or(c.MaxMessage, 1<<30)
	if line := c.Trace.Line; line != nil {
		var one sync.Mutex // IDLE ends in a goroutine of its own
		d.Trace.Line = func(sent bool, text string) {
			one.Lock()
			defer one.Unlock()
			line(sent, text)
		}
	}
	return d
}

// Errors beside those of reading and writing, and the server's own (*[Error]).
var (
	// ErrProtocol is a response that is none by RFC 3501. The session is over.
	ErrProtocol = errors.New("that is not IMAP")
	// ErrTooLarge is more than one of the limits of Client. The session is over.
	ErrTooLarge = errors.New("more than is allowed")
	// ErrArgument is an argument that cannot be sent.
	ErrArgument = errors.New("not to be sent")
	// ErrNotOffered is what the server does not offer: STARTTLS, IDLE.
	ErrNotOffered = errors.New("the server does not offer it")
	// ErrTLS is that TLS cannot begin, since it has begun.
	ErrTLS = errors.New("no TLS now")
	// ErrNoMessage is a message that is not there, or no longer.
	ErrNoMessage = errors.New("there is no such message")
)
