package dhcpd

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/internet"
)

func TestFourMessages(t *testing.T) {
	l := newLAN(t)
	s := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(100)}}
	l.serve(l.host("dhcp", "192.0.2.67/24"), s)
	alice := l.plug("alice", nil)
	got := l.await(alice, dhcpc.Bound).Lease
	if got.Addr.String() != "192.0.2.100/24" || got.Domain != "example.edu" || got.Duration != 12*time.Hour ||
		!slices.Equal(got.Routers, s.Networks[0].Routers) || !slices.Equal(got.DNS, s.Networks[0].DNS) ||
		got.T1 != 6*time.Hour || got.T2 != 12*time.Hour/8*7 {
		t.Errorf("lease %+v", got)
	}
	if has := alice.host.Addresses(); len(has) != 1 || has[0] != addr("192.0.2.100") {
		t.Errorf("alice has %v", has)
	}
	leases := s.Leases()
	if len(leases) != 1 || leases[0].Name != "alice" || leases[0].State != Bound {
		t.Errorf("leases %+v", leases)
	}
	alice.stop()
	l.Settle()
	if leases := s.Leases(); leases[0].State != Released {
		t.Errorf("after the end: %+v", leases)
	}
	if has := alice.host.Addresses(); len(has) != 0 {
		t.Errorf("alice still has %v", has)
	}
}

// A day: the lease is renewed at T1, again and again.
func TestRenewals(t *testing.T) {
	l := newLAN(t)
	network := campus(100)
	network.Lease = time.Hour
	s := &Server{ID: addr("192.0.2.67"), Networks: []Network{network}}
	l.serve(l.host("dhcp", "192.0.2.67/24"), s)
	alice := l.plug("alice", nil)
	l.await(alice, dhcpc.Bound)
	l.clock.Skip(24 * time.Hour)
	l.Settle()
	renewals := strings.Count(alice.states(), "RENEWING BOUND ")
	if renewals < 46 || renewals > 49 {
		t.Errorf("%d renewals in 24 hours, with T1 after half an hour", renewals)
	}
	if leases := s.Leases(); len(leases) != 1 || leases[0].State != Bound {
		t.Errorf("leases %+v", leases)
	}
}

// The server is gone: T1, T2, expiry, and the address is taken away.
func TestTheServerIsGone(t *testing.T) {
	l := newLAN(t)
	s := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(100)}}
	stop := l.serve(l.host("dhcp", "192.0.2.67/24"), s)
	alice := l.plug("alice", nil)
	l.await(alice, dhcpc.Bound)
	stop()
	for _, step := range []struct {
		skip time.Duration
		want string
	}{
		{6*time.Hour - time.Minute, ""},
		{2 * time.Minute, "RENEWING "},
		{4*time.Hour + 25*time.Minute, ""},
		{5 * time.Minute, "REBINDING "},
		{87 * time.Minute, ""},
		{10 * time.Minute, "INIT SELECTING "},
	} {
		l.clock.Skip(step.skip)
		l.Settle()
		if got := alice.states(); got != step.want {
			t.Errorf("after %v more: %q, want %q", step.skip, got, step.want)
		}
	}
	if has := alice.host.Addresses(); len(has) != 0 {
		t.Errorf("alice still has %v", has)
	}
	if got := s.Leases(); got[0].State != Expired {
		t.Errorf("%+v", got)
	}
}

// Another server of the LAN extends the lease, when the one that gave it is
// gone and the client asks everybody.
func TestRebindingWithAnotherServer(t *testing.T) {
	l := newLAN(t)
	one := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(100)}}
	stop := l.serve(l.host("dhcp", "192.0.2.67/24"), one)
	alice := l.plug("alice", nil)
	l.await(alice, dhcpc.Bound)
	stop()
	two := &Server{ID: addr("192.0.2.68"), Networks: []Network{campus(100)}}
	if err := two.prepare(); err != nil {
		t.Fatal(err)
	}
	two.pools[0].put(one.Leases()[0]) // they share what they know
	l.serve(l.host("dhcp2", "192.0.2.68/24"), two)
	l.clock.Skip(10*time.Hour + 35*time.Minute)
	e := l.await(alice, dhcpc.Rebinding)
	if e = l.await(alice, dhcpc.Bound); e.Lease.Server != two.ID {
		t.Errorf("lease %+v", e.Lease)
	}
}

// Both offer; the client takes one, and the other takes its offer back.
func TestTwoServers(t *testing.T) {
	l := newLAN(t)
	network := campus(100)
	network.Lease = 24 * time.Hour
	far := &Server{ID: addr("192.0.2.68"), Networks: []Network{network}}
	near := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(50)}}
	far.Networks[0].Pool = []Range{{addr("192.0.2.150"), addr("192.0.2.199")}}
	l.serve(l.host("dhcp", "192.0.2.67/24"), near)
	l.serve(l.host("dhcp2", "192.0.2.68/24"), far)
	alice := l.plug("alice", func(c *dhcpc.Client) { c.Collect = time.Second })
	if got := l.await(alice, dhcpc.Bound).Lease; got.Server != far.ID {
		t.Errorf("alice took %v, not the longer lease", got)
	}
	l.Settle()
	if got := near.Leases(); len(got) != 1 || got[0].State != Released {
		t.Errorf("the other server's leases: %+v", got)
	}
}

// Somebody has taken an address of the pool by himself.
func TestAStrangerHasTheAddress(t *testing.T) {
	l := newLAN(t)
	dhcp := l.host("dhcp", "192.0.2.67/24")
	l.host("mallory", "192.0.2.100/24")
	s := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(100)}, Probe: pinger(dhcp)}
	l.serve(dhcp, s)
	alice := l.plug("alice", nil)
	if got := l.await(alice, dhcpc.Bound).Lease.Addr.Addr(); got != addr("192.0.2.101") {
		t.Errorf("alice got %v", got)
	}
	if got := s.Leases(); got[0].State != Declined {
		t.Errorf("leases %+v", got)
	}
}

func pinger(h *internet.Host) func(context.Context, netip.Addr) bool {
	return func(ctx context.Context, a netip.Addr) bool {
		_, err := h.Ping(ctx, a)
		return err == nil
	}
}

// The client finds out that the address is taken, and says so.
func TestDecline(t *testing.T) {
	l := newLAN(t)
	s := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(100)}}
	l.serve(l.host("dhcp", "192.0.2.67/24"), s)
	alice := l.plug("alice", func(c *dhcpc.Client) {
		c.Check = func(_ context.Context, a netip.Addr) bool { return a == addr("192.0.2.100") }
	})
	if got := l.await(alice, dhcpc.Bound).Lease.Addr.Addr(); got != addr("192.0.2.101") {
		t.Errorf("alice got %v", got)
	}
	if got := s.Leases(); got[0].State != Declined || got[1].State != Bound {
		t.Errorf("leases %+v", got)
	}
}

// An exhausted pool is silent; when a lease has ended, its address is free.
func TestExhausted(t *testing.T) {
	l := newLAN(t)
	s := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(1)}}
	l.serve(l.host("dhcp", "192.0.2.67/24"), s)
	alice := l.plug("alice", nil)
	l.await(alice, dhcpc.Bound)
	bob := l.plug("bob", nil)
	l.await(bob, dhcpc.Selecting)
	l.clock.Skip(time.Hour)
	if got := bob.states(); got != "" {
		t.Errorf("bob has come to %s", got)
	}
	alice.stop()
	l.clock.Skip(66 * time.Second) // bob's longest wait
	if got := l.await(bob, dhcpc.Bound).Lease.Addr.Addr(); got != addr("192.0.2.100") {
		t.Errorf("bob got %v", got)
	}
}

// A host that was switched off asks for its address again; on another network
// it is told no, and gets another.
func TestInitReboot(t *testing.T) {
	l := newLAN(t)
	s := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(100)}}
	l.serve(l.host("dhcp", "192.0.2.67/24"), s)
	alice := l.plug("alice", func(c *dhcpc.Client) { c.Keep = true })
	lease := l.await(alice, dhcpc.Bound).Lease
	alice.stop()
	if err := l.RemoveHost("alice"); err != nil {
		t.Fatal(err)
	}
	alice = l.plug("alice", func(c *dhcpc.Client) { c.Former = lease })
	l.await(alice, dhcpc.Bound)

	foreign := *lease
	foreign.Addr = netip.MustParsePrefix("10.0.0.7/24")
	bob := l.plug("bob", func(c *dhcpc.Client) { c.Former = &foreign })
	l.await(bob, dhcpc.Rebooting)
	if got := l.await(bob, dhcpc.Bound).Lease.Addr.Addr(); got != addr("192.0.2.101") {
		t.Errorf("bob got %v", got)
	}
}

// With a cable that loses a fifth of the frames, doubles some and swaps
// others, everybody gets an address.
func TestBadCables(t *testing.T) {
	l := newLAN(t)
	s := &Server{ID: addr("192.0.2.67"), Networks: []Network{campus(100)}}
	l.serve(l.host("dhcp", "192.0.2.67/24"), s)
	bad := internet.Faults{Loss: 0.2, Duplicate: 0.1, Reorder: 0.1}
	if err := l.Link("dhcp").SetFaults(internet.Both, bad); err != nil {
		t.Fatal(err)
	}
	var all []*plugged
	for i := range 10 {
		all = append(all, l.plug("host"+string(rune('a'+i)), nil))
	}
	seen := make(map[netip.Addr]bool)
	for _, p := range all {
		a := l.await(p, dhcpc.Bound).Lease.Addr.Addr()
		if seen[a] {
			t.Errorf("%v was given twice", a)
		}
		seen[a] = true
	}
}
