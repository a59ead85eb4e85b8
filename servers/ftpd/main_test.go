package ftpd_test

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/internal/running"
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
	return running.Start(t, ctx, nw, "tcp", s)
}
