package dhcprelay

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dhcpd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// serve runs a server until the test ends.
func serve(t *testing.T, nw netx.Network, s interface {
	Serve(context.Context, netx.Network) error
}) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, nw) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

// Two LANs, and a server on one of them:
//
//	dhcp ---[ campus 192.0.2.0/24 ]--- gw ---[ lab 198.51.100.0/24 ]--- alice
func TestTheOtherLAN(t *testing.T) {
	c := clock.NewMovable()
	in := internet.New(internet.Config{Clock: c, Log: quiet})
	t.Cleanup(in.Close)
	c.OnSettle(in.Settle)
	campus, lab := must(in.AddSwitch("campus"))(t), must(in.AddSwitch("lab"))(t)
	gw := must(in.AddRouter("gw"))(t)
	must(gw.Connect(campus, internet.CardConfig{Link: "gw-campus", Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}))(t)
	must(gw.Connect(lab, internet.CardConfig{Link: "gw-lab", Addrs: []netip.Prefix{netip.MustParsePrefix("198.51.100.1/24")}}))(t)
	dhcp, alice := must(in.AddHost("dhcp"))(t), must(in.AddHost("alice"))(t)
	must(dhcp.Connect(campus, internet.CardConfig{Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.67/24")}}))(t)
	must(alice.Connect(lab, internet.CardConfig{}))(t)
	everything := netip.MustParsePrefix("0.0.0.0/0")
	if err := dhcp.AddRoute(internet.Route{Dst: everything, Via: addr("192.0.2.1")}); err != nil {
		t.Fatal(err)
	}

	network := func(prefix, first, last, router string) dhcpd.Network {
		return dhcpd.Network{
			Prefix: netip.MustParsePrefix(prefix), Pool: []dhcpd.Range{{First: addr(first), Last: addr(last)}},
			Routers: []netip.Addr{addr(router)}, Authoritative: true,
		}
	}
	server := &dhcpd.Server{Card: "eth0", ID: addr("192.0.2.67"), Log: quiet, Clock: c, Networks: []dhcpd.Network{
		network("192.0.2.0/24", "192.0.2.100", "192.0.2.199", "192.0.2.1"),
		network("198.51.100.0/24", "198.51.100.100", "198.51.100.199", "198.51.100.1"),
	}}
	serve(t, dhcp, server)
	serve(t, gw, &Server{
		Cards: []Card{{Name: "eth1", Addr: addr("198.51.100.1")}}, Upstream: "eth0",
		Servers: []netip.Addr{addr("192.0.2.67")}, Log: quiet,
	})

	events := make(chan dhcpc.Event, 100)
	client := dhcpc.Client{
		Network: alice, Card: "eth0", MAC: alice.Cards()[0].MAC, Configure: alice, Clock: c, Log: quiet, Timeout: 50 * time.Millisecond,
		Observe: func(e dhcpc.Event) {
			if e.State == dhcpc.Bound {
				alice.SetRoutes([]internet.Route{{Dst: everything, Via: e.Lease.Routers[0]}})
			}
			events <- e
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx) }()
	await := func(want dhcpc.State) *dhcpc.Lease {
		t.Helper()
		for {
			select {
			case e := <-events:
				if e.State == want {
					return e.Lease
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("it does not come to %s", want)
			}
		}
	}
	if lease := await(dhcpc.Bound); lease.Addr.String() != "198.51.100.100/24" || lease.Server != addr("192.0.2.67") {
		t.Errorf("lease %+v", lease)
	}
	// Renewing goes by the router, without its relay agent.
	c.Skip(6*time.Hour + time.Minute)
	await(dhcpc.Renewing)
	await(dhcpc.Bound)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	in.Settle()
	if got := server.Leases(); len(got) != 1 || got[0].State != dhcpd.Released {
		t.Errorf("leases %+v", got)
	}
}

// memo is a socket that remembers what is sent.
type memo struct {
	socket
	sent []*dhcpv4.DHCPv4
	to   []netip.AddrPort
}

func (m *memo) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	message, err := dhcpv4.FromBytes(b)
	if err == nil {
		m.sent, m.to = append(m.sent, message), append(m.to, to)
	}
	return len(b), err
}

func newRelay() (r *relay, up, lan *memo) {
	up, lan = &memo{}, &memo{}
	server := &Server{Servers: []netip.Addr{addr("192.0.2.67"), addr("192.0.2.68")}, Log: quiet}
	return &relay{Server: server, upstream: up, lans: map[netip.Addr]socket{addr("198.51.100.1"): lan}}, up, lan
}

func message(t testing.TB, change func(*dhcpv4.DHCPv4)) []byte {
	t.Helper()
	m, err := dhcpv4.NewDiscovery(net.HardwareAddr{2, 0, 0, 0, 0, 1})
	if err != nil {
		t.Fatal(err)
	}
	change(m)
	return m.ToBytes()
}

func TestRequests(t *testing.T) {
	r, up, _ := newRelay()
	r.hear(message(t, func(*dhcpv4.DHCPv4) {}), addr("198.51.100.1"))
	if len(up.sent) != 2 || up.to[0] != netip.MustParseAddrPort("192.0.2.67:67") || up.to[1] != netip.MustParseAddrPort("192.0.2.68:67") {
		t.Fatalf("sent to %v", up.to)
	}
	if m := up.sent[0]; m.HopCount != 1 || !m.GatewayIPAddr.Equal(net.IP{198, 51, 100, 1}) {
		t.Errorf("hops %d, giaddr %v", m.HopCount, m.GatewayIPAddr)
	}
	// A relay agent before this one has filled giaddr in.
	r.hear(message(t, func(m *dhcpv4.DHCPv4) { m.HopCount, m.GatewayIPAddr = 3, net.IP{203, 0, 113, 1} }), addr("198.51.100.1"))
	if m := up.sent[2]; m.HopCount != 4 || !m.GatewayIPAddr.Equal(net.IP{203, 0, 113, 1}) {
		t.Errorf("hops %d, giaddr %v", m.HopCount, m.GatewayIPAddr)
	}
	r.hear([]byte("nonsense"), addr("198.51.100.1"))
	r.hear(message(t, func(*dhcpv4.DHCPv4) {}), netip.Addr{}) // a request from the servers' side
	if len(up.sent) != 4 {
		t.Errorf("%d were sent", len(up.sent))
	}
}

// TestHops: a request does not go round and round (RFC 1542 §4.1.1).
func TestHops(t *testing.T) {
	for maxHops, most := range map[int]uint8{0: 4, 7: 7, 30: 16} {
		r, up, _ := newRelay()
		r.MaxHops = maxHops
		for _, hops := range []uint8{most, most + 1, 255} {
			r.hear(message(t, func(m *dhcpv4.DHCPv4) { m.HopCount = hops }), addr("198.51.100.1"))
		}
		if len(up.sent) != 2 || up.sent[0].HopCount != most+1 {
			t.Errorf("with MaxHops %d: %d were sent", maxHops, len(up.sent))
		}
	}
}

func TestReplies(t *testing.T) {
	r, up, lan := newRelay()
	reply := func(change func(*dhcpv4.DHCPv4)) {
		r.hear(message(t, func(m *dhcpv4.DHCPv4) {
			m.OpCode, m.GatewayIPAddr = dhcpv4.OpcodeBootReply, net.IP{198, 51, 100, 1}
			change(m)
		}), netip.Addr{})
	}
	reply(func(*dhcpv4.DHCPv4) {})
	reply(func(m *dhcpv4.DHCPv4) { m.ClientIPAddr = net.IP{198, 51, 100, 7} })
	reply(func(m *dhcpv4.DHCPv4) { m.ClientIPAddr = net.IP{198, 51, 100, 7}; m.SetBroadcast() })
	reply(func(m *dhcpv4.DHCPv4) { m.GatewayIPAddr = net.IP{203, 0, 113, 1} }) // not for us
	want := []string{"255.255.255.255:68", "198.51.100.7:68", "255.255.255.255:68"}
	if len(up.sent) != 0 || len(lan.to) != len(want) {
		t.Fatalf("sent %v", lan.to)
	}
	for i, to := range lan.to {
		if to.String() != want[i] {
			t.Errorf("reply %d went to %v, not to %s", i, to, want[i])
		}
	}
}

func TestSettings(t *testing.T) {
	lab := Card{"eth1", addr("198.51.100.1")}
	servers := []netip.Addr{addr("192.0.2.67")}
	for want, s := range map[string]Server{
		"no server": {Cards: []Card{lab}, Upstream: "eth0"},
		"twice":     {Cards: []Card{lab}, Upstream: "eth1", Servers: servers},
		"IPv4":      {Cards: []Card{{Name: "eth1"}}, Upstream: "eth0", Servers: servers},
		"no card":   {Cards: []Card{lab}, Upstream: "eth0", Servers: servers},
	} {
		in := internet.New(internet.Config{Log: quiet})
		host := must(in.AddHost("gw"))(t)
		if err := s.Serve(t.Context(), host); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		in.Close()
	}
	var plain struct{ netx.Network }
	if err := (&Server{}).Serve(t.Context(), plain); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a network without cards: %v", err)
	}
}

func FuzzHear(f *testing.F) {
	f.Add(message(f, func(*dhcpv4.DHCPv4) {}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, _, _ := newRelay()
		r.hear(b, addr("198.51.100.1"))
	})
}
