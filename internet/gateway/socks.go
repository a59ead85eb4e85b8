package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// handshakeTimeout is how long a client may take to say what it wants.
const handshakeTimeout = 10 * time.Second

// SOCKS5 is a door from one network into another that leads wherever its client
// asks for (RFC 1928). Names are looked up on the network Through. It asks for
// no password: open it on a loopback address only.
//
// CONNECT and UDP ASSOCIATE work; BIND is refused, as nearly everywhere.
type SOCKS5 struct {
	Address string       // where it listens, on the network that Serve is given
	Through netx.Network // where its clients want to go

	Idle      time.Duration  // a connection on which nothing moves is closed after this; 0 means 2 h 4 min
	MaxConns  int            // at once; 0 means 10,000
	Listening func(net.Addr) // when not nil, is told the address once the port is open

	Log   *slog.Logger // nil means slog.Default()
	Clock clock.Clock  // nil means the machine's
}

// Serve opens the port and serves clients until ctx ends.
func (s *SOCKS5) Serve(ctx context.Context, nw netx.Network) error {
	ln, err := nw.Listen(ctx, "tcp", s.Address)
	if err != nil {
		return fmt.Errorf("SOCKS5: %w", err)
	}
	if s.Listening != nil {
		s.Listening(ln.Addr())
	}
	acceptor := netx.Acceptor{Log: s.Log, MaxConns: s.MaxConns}
	return acceptor.Serve(ctx, ln, func(ctx context.Context, conn net.Conn) {
		c := &client{server: s, network: nw, conn: conn, clock: clock.Or(s.Clock)}
		if err := c.serve(ctx); err != nil && ctx.Err() == nil {
			cmp.Or(s.Log, slog.Default()).Info("SOCKS5", "client", conn.RemoteAddr(), "error", err)
		}
	})
}

// client is one connection to the server.
type client struct {
	server  *SOCKS5
	network netx.Network // that it came by
	conn    net.Conn
	clock   clock.Clock
}

// serve is the whole conversation (RFC 1928 §3 to §7):
//
//	C: version 5, the methods of authentication that I know
//	S: version 5, no authentication
//	C: version 5, CONNECT, www.example.com, port 80
//	S: version 5, succeeded, the address that the connection comes from
//
// and from there on what the client and www.example.com have to say.
func (c *client) serve(ctx context.Context) error {
	if err := c.conn.SetDeadline(c.clock.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	if err := c.agree(); err != nil {
		return err
	}
	request, err := readRequest(c.conn)
	var wrong replyCode
	if errors.As(err, &wrong) {
		c.reply(wrong, nil)
	}
	if err != nil {
		return err
	}
	if err := c.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	switch request.command {
	case commandConnect:
		return c.connect(ctx, request.to)
	case commandAssociate:
		return c.associate(ctx)
	}
	c.reply(commandNotSupported, nil)
	return fmt.Errorf("command %d: %w", request.command, commandNotSupported)
}

// agree finds a method of authentication: none (§3).
func (c *client) agree() error {
	methods, err := readMethods(c.conn)
	if err != nil {
		return err
	}
	for _, m := range methods {
		if m == noAuthentication {
			_, err := c.conn.Write([]byte{version, noAuthentication})
			return err
		}
	}
	c.conn.Write([]byte{version, noAcceptableMethod})
	return errors.New("the client wants to authenticate itself")
}

func (c *client) connect(ctx context.Context, to string) error {
	server, err := dial(ctx, c.clock, c.server.Through, "tcp", to)
	if err != nil {
		c.reply(codeOf(err), nil)
		return err
	}
	if err := c.reply(succeeded, server.LocalAddr()); err != nil {
		server.Close()
		return err
	}
	join(ctx, c.clock, cmp.Or(c.server.Idle, idleTCP), c.conn, server)
	return nil
}

// reply answers the request. bound is the address of the server's own end.
func (c *client) reply(code replyCode, bound net.Addr) error {
	message := appendAddress([]byte{version, byte(code), 0}, addrPort(bound))
	_, err := c.conn.Write(message)
	return err
}

// addrPort is a socket's address; of none, it is 0.0.0.0:0.
func addrPort(a net.Addr) netip.AddrPort {
	if a, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap().WithZone(""), a.AddrPort().Port())
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
}

// codeOf tells a client why its connection failed (§6).
func codeOf(err error) replyCode {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return connectionRefused
	case errors.Is(err, syscall.ENETUNREACH):
		return networkUnreachable
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, context.DeadlineExceeded), errors.As(err, &dns):
		return hostUnreachable
	}
	return generalFailure
}
