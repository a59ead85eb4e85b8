package ftpc

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Client opens sessions. Its zero value does so on the operating system's
// network, in passive mode, without TLS.
type Client struct {
	Network netx.Network // nil means netx.OS{}
	Clock   clock.Clock  // nil means clock.System

	// Active lets the server open the data connections, to us (RFC 959 §3.2).
	// Otherwise we open them, to the server.
	Active bool

	// TLS, if not nil, protects both connections (RFC 4217). An empty
	// ServerName is that of the host dialled.
	TLS *tls.Config

	// Timeout is how long to wait for a connection, for a whole reply, and
	// for more data; 0 means 30 seconds.
	Timeout time.Duration

	// MaxListing is how many bytes a listing may have; 0 means 16 MiB.
	MaxListing int64

	// Progress, if not nil, is called when more of a file has been sent or
	// received.
	Progress func(Progress)

	// Trace is told what goes over both connections.
	Trace Trace
}

// Progress is how far a transfer is.
type Progress struct {
	Bytes int64 // of the file, with those that were there before it was resumed
	Size  int64 // of the file; -1 when it is not known
}

const controlPort = "21"

// Dial connects to a server, host or host:port, and waits for its greeting.
// With Client.TLS set, the control connection is protected when Dial returns.
// The session does not end with ctx; it must be closed.
func (c *Client) Dial(ctx context.Context, address string) (*Session, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = strings.Trim(address, "[]"), controlPort
	}
	conn, err := c.dial(ctx, net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("ftpc: %s: %w", host, err)
	}
	s := &Session{client: c, Active: c.Active, host: host, conn: conn}
	s.local, s.server = addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr())
	s.in = bufio.NewReader(&tap{from: conn, line: s.received})
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("ftpc: %s: %w", host, err)
	}
	return s, nil
}

func (c *Client) dial(ctx context.Context, address string) (conn net.Conn, err error) {
	err = c.inTime(ctx, func(ctx context.Context) error {
		conn, err = c.network().DialContext(ctx, "tcp", address)
		return err
	})
	return conn, err
}

// inTime does what ends with its context: with ctx, or when the timeout is over.
func (c *Client) inTime(ctx context.Context, do func(context.Context) error) error {
	limited, cancel := clock.WithTimeout(ctx, clock.Or(c.Clock), c.timeout())
	defer cancel()
	err := do(limited)
	if cause := context.Cause(limited); err != nil && cause != nil {
		return cause
	}
	return err
}

// addrPort is the address of one end of a connection.
func addrPort(a net.Addr) netip.AddrPort {
	at, _ := netip.ParseAddrPort(a.String())
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

func (c *Client) network() netx.Network { return cmp.Or[netx.Network](c.Network, netx.OS{}) }

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return 30 * time.Second
}

func (c *Client) maxListing() int64 {
	if c.MaxListing > 0 {
		return c.MaxListing
	}
	return 16 << 20
}
