package ftpd_test

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/ftpd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves on loopback until the test ends and returns where.
func start(t testing.TB, s *ftpd.Server) netip.AddrPort {
	t.Helper()
	if s.Addr == "" {
		s.Addr = "127.0.0.1:0"
	}
	return startOn(t, t.Context(), netx.OS{}, s)
}

// startOn serves on nw until ctx or the test ends.
func startOn(t testing.TB, ctx context.Context, nw netx.Network, s *ftpd.Server) netip.AddrPort {
	t.Helper()
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(ctx)
	heard := &listening{at: make(chan net.Addr, 1)}
	heard.Network = nw
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
		return at.(*net.TCPAddr).AddrPort()
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

func (l *listening) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := l.Network.Listen(ctx, network, address)
	if err == nil {
		select {
		case l.at <- ln.Addr():
		default: // a data connection's
		}
	}
	return ln, err
}

// DialFrom keeps port 20 for what runs as root.
func (l *listening) DialFrom(ctx context.Context, network, source, address string) (net.Conn, error) {
	return l.Network.(netx.SourceDialer).DialFrom(ctx, network, source, address)
}
