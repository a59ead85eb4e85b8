package pop3c

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clients/dialogue"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Client connects to POP3 servers. The zero value does so on the operating
// system's network.
type Client struct {
	Network netx.Network  // netx.OS{}
	Clock   clock.Clock   // the machine's
	Timeout time.Duration // for a connection, a reply, and each further piece of a message; 30 s
	TLS     *tls.Config   // for STLS and DialTLS; whom to trust, by default whom the system trusts

	MaxLine     int   // of a reply, in bytes; 4,096 (RFC 2449 §4 allows 512)
	MaxMessages int   // in a maildrop; 200,000
	MaxMessage  int64 // octets of one message; 1 GiB

	// Wire, if set, is told of all bytes as they are sent and as they are
	// received, before and after TLS has done its work. It must not keep data.
	Wire func(sent bool, data []byte)
}

// Dial connects to a server, a host or host:port (port 110), and reads its
// greeting. The session ends when ctx does.
func (c *Client) Dial(ctx context.Context, server string) (*Session, error) {
	return c.dial(ctx, server, "110", false)
}

// DialTLS is Dial with TLS from the first byte, on port 995 (RFC 8314 §3.1).
func (c *Client) DialTLS(ctx context.Context, server string) (*Session, error) {
	return c.dial(ctx, server, "995", true)
}

func (c *Client) dial(ctx context.Context, server, port string, secure bool) (*Session, error) {
	s := &Session{client: c.withDefaults()}
	d := dialogue.Dialer{Network: c.Network, Clock: c.Clock, TLS: c.TLS, Timeout: s.client.Timeout}
	err := d.Dial(ctx, server, port, secure, func(conn *dialogue.Conn) error {
		s.conn = conn
		s.in = bufio.NewReaderSize(incoming{s}, 16<<10)
		return s.begin()
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// begin reads the greeting.
func (s *Session) begin() error {
	greeting, err := s.reply("the greeting")
	if err != nil {
		return err
	}
	s.timestamp = findTimestamp(greeting)
	return nil
}

func (c *Client) withDefaults() Client {
	d := *c
	d.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	d.MaxLine = cmp.Or(c.MaxLine, 4096)
	d.MaxMessages = cmp.Or(c.MaxMessages, 200_000)
	d.MaxMessage = cmp.Or(c.MaxMessage, 1<<30)
	return d
}

// findTimestamp is the timestamp in a greeting, for APOP, or "" (RFC 1939 §7). It
// must look like one: a server that may choose any bytes can find out the password
// by way of MD5's weakness.
func findTimestamp(greeting string) string {
	_, rest, _ := strings.Cut(greeting, "<")
	inside, _, found := strings.Cut(rest, ">")
	before, after, at := strings.Cut(inside, "@")
	for _, c := range []byte(inside) {
		if c <= ' ' || c >= 0x7f || c == '<' {
			return ""
		}
	}
	if !found || !at || before == "" || after == "" {
		return ""
	}
	return "<" + inside + ">"
}

// Errors beside those of reading and writing, and the server's own (*[Error]).
var (
	// ErrProtocol is a reply that is none by RFC 1939. The session is over.
	ErrProtocol = errors.New("that is not POP3")
	// ErrTooLarge is more than Client.MaxMessage or Client.MaxMessages. The
	// session is over.
	ErrTooLarge = errors.New("more than is allowed")
	// ErrArgument is an argument that cannot be sent.
	ErrArgument = errors.New("not to be sent")
	// ErrNotOffered is what the server does not offer: APOP, STLS, UIDL.
	ErrNotOffered = errors.New("the server does not offer it")
	// ErrTLS is that TLS cannot begin, or has begun.
	ErrTLS = errors.New("no TLS now")
)
