package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

const (
	// dialTimeout is how long a client waits for the other network.
	dialTimeout = 30 * time.Second

	// idleTCP is RFC 5382's REQ-5, for who keeps connections for others.
	idleTCP = 2*time.Hour + 4*time.Minute
)

// TCP carries TCP connections from one network into another.
type TCP struct {
	Address string       // where it listens, on the network that Serve is given
	To      string       // "host:port", on the network Through
	Through netx.Network // where the host is

	Idle      time.Duration  // a connection on which nothing moves is closed after this; 0 means 2 h 4 min
	MaxConns  int            // at once; 0 means 10,000
	Listening func(net.Addr) // when not nil, is told the address once the port is open

	Log   *slog.Logger // nil means slog.Default()
	Clock clock.Clock  // nil means the machine's
}

// Serve opens the port and carries connections until ctx ends.
func (g *TCP) Serve(ctx context.Context, nw netx.Network) error {
	ln, err := nw.Listen(ctx, "tcp", g.Address)
	if err != nil {
		return fmt.Errorf("gateway to %s: %w", g.To, err)
	}
	if g.Listening != nil {
		g.Listening(ln.Addr())
	}
	acceptor := netx.Acceptor{Log: g.Log, MaxConns: g.MaxConns}
	return acceptor.Serve(ctx, ln, g.carry)
}

func (g *TCP) carry(ctx context.Context, client net.Conn) {
	server, err := dial(ctx, clock.Or(g.Clock), g.Through, "tcp", g.To)
	if err != nil {
		cmp.Or(g.Log, slog.Default()).Info("gateway: no connection", "to", g.To, "for", client.RemoteAddr(), "error", err)
		reset(client) // as near to a refusal as one can get once it was accepted
		return
	}
	join(ctx, clock.Or(g.Clock), cmp.Or(g.Idle, idleTCP), client, server)
}

func dial(ctx context.Context, c clock.Clock, through netx.Network, network, address string) (net.Conn, error) {
	ctx, cancel := clock.WithTimeout(ctx, c, dialTimeout)
	defer cancel()
	return through.DialContext(ctx, network, address)
}
