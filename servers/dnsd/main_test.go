package dnsd

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs s on a free port of the loopback until the test ends.
func serve(t testing.TB, s *Server) netip.AddrPort {
	t.Helper()
	return serveIn(t, context.Background(), s)
}

func serveIn(t testing.TB, ctx context.Context, s *Server) netip.AddrPort {
	t.Helper()
	if s.Addr == "" {
		s.Addr = "127.0.0.1:0"
	}
	if s.Log == nil {
		s.Log = quiet
	}
	return running.Start(t, ctx, netx.OS{}, "tcp", s) // the second of its two sockets
}

var quiet = slog.New(slog.DiscardHandler)

var testZones = []string{"example.com", "example.org", "2.0.192.in-addr.arpa"}

func loadZone(t testing.TB, name string) *Zone {
	t.Helper()
	z, err := LoadZone(os.DirFS("testdata/zones"), name+".zone", name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// textbook is an authority for all test zones.
func textbook(t testing.TB) *Authority {
	a := &Authority{Log: quiet, AllowTransfer: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	for _, name := range testZones {
		a.AddZone(loadZone(t, name))
	}
	return a
}

// ask sends query once and returns the reply.
func ask(t testing.TB, network string, addr netip.AddrPort, query *dns.Msg) *dns.Msg {
	t.Helper()
	client := dns.Client{Net: network, UDPSize: dns.MaxMsgSize - 1, Timeout: 20 * time.Second}
	reply, _, err := client.Exchange(query, addr.String())
	if err != nil {
		t.Fatalf("%v: %v", query.Question, err)
	}
	return reply
}

func question(name string, qtype uint16) *dns.Msg {
	return new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
}

// safeBuffer is a buffer for several goroutines.
type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
