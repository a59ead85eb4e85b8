package tftpd_test

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/tftpd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves until the test ends and returns where.
func start(t testing.TB, s *tftpd.Server) netip.AddrPort {
	t.Helper()
	s.Addr = "127.0.0.1:0"
	return startOn(t, t.Context(), netx.OS{}, s)
}

// startOn serves on nw until ctx or the test ends.
func startOn(t testing.TB, ctx context.Context, nw netx.Network, s *tftpd.Server) netip.AddrPort {
	t.Helper()
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(ctx)
	heard := &listening{Network: nw, at: make(chan net.Addr, 1)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, heard) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	select {
	case at := <-heard.at:
		return at.(*net.UDPAddr).AddrPort()
	case err := <-ended:
		ended <- nil
		t.Fatalf("Serve: %v", err)
	}
	return netip.AddrPort{}
}

// listening is a network that tells where a server listens first.
type listening struct {
	netx.Network
	at chan net.Addr
}

func (l *listening) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	conn, err := l.Network.ListenPacket(ctx, network, address)
	if err == nil {
		select {
		case l.at <- conn.LocalAddr():
		default: // a transfer's socket
		}
	}
	return conn, err
}
