package internet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"github.com/wirebook/wirebook/internet/forward"
)

// newNATRoad is a road on which r1 translates: alice is 10.0.2.1 to all others.
// r2 knows no way to her network.
func newNATRoad(t testing.TB, c roadConfig, nat forward.NAT) *road {
	r := newRoad(t, c)
	nat.Outside = 1
	if err := r.r1.SetNAT(&nat); err != nil {
		t.Fatal(err)
	}
	setRoutes(t, r.r2, "fd00:1::/64", "fd00:2::1")
	return r
}

func TestNATCarriesTCPAndUDP(t *testing.T) {
	r := newNATRoad(t, roadConfig{middleMTU: 1300}, forward.NAT{})
	mustPing(t, r.alice, "10.0.3.10")
	mustPing(t, r.alice, "fd00:3::10") // as without it
	exchange(t, r.alice, r.bob, "10.0.3.10:80", 1<<20)
	exchange(t, r.alice, r.bob, "[fd00:3::10]:80", 1<<16)
	for _, size := range []int{0, 512, 1400, 4000} { // the last ones in fragments
		echoUDP(t, r, "10.0.3.10:53", size)
	}
	if dropped := r.r1.Counters().Dropped; dropped[forward.Orphan] != 0 || dropped[forward.Filtered] != 0 {
		t.Errorf("r1 dropped %v", dropped)
	}
}

// No frame on the way outside has an address from inside.
func TestNATShowsNothingFromInside(t *testing.T) {
	r := newNATRoad(t, roadConfig{middleMTU: 1300}, forward.NAT{})
	seen := watch(t, r.Internet)
	exchange(t, r.alice, r.bob, "10.0.3.10:80", 1<<16)
	echoUDP(t, r, "10.0.3.10:53", 4000)
	r.alice.DialContext(soon(t), "tcp", "10.0.3.10:9") // refused
	r.alice.DialContext(soon(t), "udp", "10.0.3.10:9")
	mustPing(t, r.alice, "10.0.3.10")
	inside := netip.MustParsePrefix("10.0.1.0/24")
	seen.until(t, func(s sighting) bool {
		ip, ok := s.packet.NetworkLayer().(*layers.IPv4)
		if !ok || s.Link.Name == "alice" || s.Link.Name == "r1" {
			return false
		}
		src, _ := netip.AddrFromSlice(ip.SrcIP)
		dst, _ := netip.AddrFromSlice(ip.DstIP)
		if inside.Contains(src) || inside.Contains(dst) {
			t.Errorf("on %s: %v", s.Link.Name, s.packet)
		}
		icmp, ok := s.packet.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4)
		return ok && icmp.TypeCode.Type() == layers.ICMPv4TypeEchoReply
	})
}

// A traceroute from inside shows every router, though the answers of those outside
// come to an address that is not alice's.
func TestTracerouteThroughNAT(t *testing.T) {
	r := newNATRoad(t, roadConfig{}, forward.NAT{})
	seen := watch(t, r.Internet)
	for _, probe := range []struct {
		ttl  int
		from string
	}{{1, "10.0.1.1"}, {2, "10.0.2.2"}, {3, "10.0.3.10"}} {
		probeUDP(t, r.alice, netip.MustParseAddr("10.0.3.10"), probe.ttl)
		said := seen.until(t, func(s sighting) bool {
			return s.Link.Name == "alice" && s.FromB && isUnreached(s.packet)
		})
		network := said.packet.NetworkLayer().NetworkFlow()
		if got := network.Src().String(); got != probe.from || network.Dst().String() != "10.0.1.10" {
			t.Errorf("with %d hops: %v, want an answer from %s", probe.ttl, network, probe.from)
		}
	}
}

// Path MTU discovery needs an ICMP error from outside (RFC 4787 §9).
func TestPathMTUThroughNAT(t *testing.T) {
	r := newNATRoad(t, roadConfig{}, forward.NAT{})
	for _, c := range r.r2.cards[1:] { // the narrow place is behind the NAT
		c.mtu.Store(1300)
	}
	r.r2.mu.Lock()
	r.r2.configure()
	r.r2.mu.Unlock()
	seen := watch(t, r.Internet)
	exchange(t, r.alice, r.bob, "10.0.3.10:80", 1<<18)
	seen.until(t, func(s sighting) bool {
		return s.Link.Name == "alice" && s.FromB && s.packet.Layer(layers.LayerTypeICMPv4) != nil && isTooBig(s.packet)
	})
}

// The router's own programs have their ports, whatever those behind it do.
func TestNATLeavesTheRouterAlone(t *testing.T) {
	r := newNATRoad(t, roadConfig{}, forward.NAT{})
	exchange(t, r.r1, r.bob, "10.0.3.10:179", 1<<16)
	exchange(t, r.bob, r.r1, "10.0.2.1:179", 1<<16)
	exchange(t, r.alice, r.r1, "10.0.2.1:179", 1<<16)
	exchange(t, r.alice, r.r1, "10.0.1.1:179", 1<<16)
	mustPing(t, r.r1, "10.0.3.10")
	mustPing(t, r.bob, "10.0.2.1")
	mustPing(t, r.alice, "10.0.2.1")
	if n := len(r.r1.Mappings()); n != 0 {
		t.Errorf("%v", r.r1.Mappings())
	}

	ln := try(r.r1.Listen(context.Background(), "tcp", ":5000"))(t)
	defer ln.Close()
	at := try(r.bob.Listen(context.Background(), "tcp", ":7"))(t)
	defer at.Close()
	conn := try(r.alice.DialFrom(soon(t), "tcp", "10.0.1.10:5000", "10.0.3.10:7"))(t)
	defer conn.Close()
	if m := r.r1.Mappings(); len(m) != 1 || m[0].Outside.String() != "10.0.2.1:5002" {
		t.Errorf("the router's port 5000 was given to alice: %v", m)
	}
	exchange(t, r.bob, r.r1, "10.0.2.1:5001", 1<<10)
	conn = try(r.bob.DialContext(soon(t), "tcp", "10.0.2.1:5000"))(t)
	conn.Close()
}

func TestNATLetsNobodyIn(t *testing.T) {
	r := newNATRoad(t, roadConfig{}, forward.NAT{})
	if _, err := r.bob.DialContext(soon(t), "tcp", "10.0.2.1:80"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a port that nobody has: %v", err)
	}
	setRoutes(t, r.r2, "10.0.1.0/24", "10.0.2.1") // somebody outside believes to know better
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := r.bob.Ping(ctx, netip.MustParseAddr("10.0.1.10")); err == nil {
		t.Error("bob reaches alice's own address")
	}
	if n := r.r1.Counters().Dropped[forward.Filtered]; n == 0 {
		t.Errorf("r1 counts %+v", r.r1.Counters())
	}
}

func TestSetNATErrors(t *testing.T) {
	r := newRoad(t, roadConfig{})
	own := netip.MustParseAddrPort("10.0.1.1:80")
	for want, nat := range map[string]forward.NAT{
		"no card number 2": {Outside: 2},
		"is the router":    {Outside: 1, Forward: []forward.PortForward{{Protocol: forward.TCP, Port: 80, To: own}}},
		"twice": {Outside: 1, Forward: []forward.PortForward{
			{Protocol: forward.TCP, Port: 80, To: netip.MustParseAddrPort("10.0.1.10:80")},
			{Protocol: forward.TCP, Port: 80, To: netip.MustParseAddrPort("10.0.1.11:80")},
		}},
	} {
		if err := r.r1.SetNAT(&nat); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", nat, err, want)
		}
	}
	if r.r1.NAT() != nil {
		t.Error("a NAT with a mistake is on")
	}
}

// Turned on and off while a connection pours: no frame meets half of a change.
func TestNATIsSwitchedInUse(t *testing.T) {
	r := newRoad(t, roadConfig{})
	ctx, stop := context.WithCancel(context.Background())
	poured := make(chan struct{})
	at := try(r.bob.ListenPacket(ctx, "udp", ":7"))(t)
	defer at.Close()
	go func() {
		defer close(poured)
		keepSending(ctx, r.alice, "10.0.3.10:7", 1400)
	}()
	sources := make(map[string]bool)
	buf := make([]byte, 2000)
	within(t, "bob has seen both addresses", func() bool {
		on := &forward.NAT{Outside: 1}
		if sources["10.0.2.1"] {
			on = nil
		}
		if err := r.r1.SetNAT(on); err != nil {
			t.Fatal(err)
		}
		at.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, from, err := at.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		sources[from.(*net.UDPAddr).IP.String()] = true
		return sources["10.0.2.1"] && sources["10.0.1.10"]
	})
	stop()
	<-poured
}
