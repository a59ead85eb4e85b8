// Package running has servers that run for as long as a test.
package running

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/wirebook/wirebook/netx"
)

// Server is any server of the house: see package supervise.
type Server interface {
	Serve(ctx context.Context, nw netx.Network) error
}

// Start has a server serve on nw until ctx or the test ends, when it must return nil.
// It returns where the server listens first, for connections ("tcp") or for packets
// ("udp"): on port 0 the system has chosen the port.
func Start(t testing.TB, ctx context.Context, nw netx.Network, kind string, s Server) netip.AddrPort {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	heard := Listening(nw, kind)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, heard) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	select {
	case at := <-heard.At:
		return at
	case err := <-ended:
		ended <- nil
		t.Fatalf("Serve: %v", err)
		panic("unreachable")
	}
}

// Network tells where somebody listens on it first.
type Network struct {
	netx.Network
	At chan netip.AddrPort

	kind string
}

// Listening is nw, and tells where somebody listens: for "tcp" or for "udp".
func Listening(nw netx.Network, kind string) *Network {
	return &Network{Network: nw, At: make(chan netip.AddrPort, 1), kind: kind}
}

// Listen is for connections.
func (n *Network) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := n.Network.Listen(ctx, network, address)
	if err == nil {
		n.tell("tcp", ln.Addr())
	}
	return ln, err
}

// ListenPacket is for packets.
func (n *Network) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	conn, err := n.Network.ListenPacket(ctx, network, address)
	if err == nil {
		n.tell("udp", conn.LocalAddr())
	}
	return conn, err
}

func (n *Network) tell(kind string, at net.Addr) {
	if kind != n.kind {
		return
	}
	select {
	case n.At <- netip.MustParseAddrPort(at.String()):
	default: // a data connection's, or a transfer's
	}
}

// DialFrom is for servers whose connections come from a port of their choice.
func (n *Network) DialFrom(ctx context.Context, network, source, address string) (net.Conn, error) {
	return n.Network.(netx.SourceDialer).DialFrom(ctx, network, source, address)
}
