package internet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet/forward"
)

func TestNoRoute(t *testing.T) {
	r := newRoad(t, roadConfig{})
	for _, address := range []string{"192.0.2.1:80", "[2001:db8::1]:80"} {
		started := time.Now()
		_, err := r.alice.DialContext(soon(t), "tcp", address)
		if !errors.Is(err, syscall.ENETUNREACH) && !errors.Is(err, syscall.EHOSTUNREACH) {
			t.Errorf("dial %s: %v", address, err)
		}
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("dial %s: %v after %v, want at once", address, err, took)
		}
	}
	if n := r.r1.Counters().Dropped[forward.NoRoute]; n < 2 {
		t.Errorf("r1 counts %d packets without a route", n)
	}
}

// What a router throws away, observers saw come, and are shown once more; after that
// they see what the sender is told.
func TestDiscarded(t *testing.T) {
	r := newRoad(t, roadConfig{})
	mustPing(t, r.alice, "10.0.3.10")
	mustPing(t, r.alice, "fd00:3::10")
	for _, c := range []struct {
		to     string
		ttl    int
		router string
	}{{"10.0.3.10", 1, "r1"}, {"10.0.3.10", 2, "r2"}, {"fd00:3::10", 2, "r2"}, {"192.0.2.1", 64, "r1"}} {
		seen := watch(t, r.Internet)
		probeUDP(t, r.alice, netip.MustParseAddr(c.to), c.ttl)
		probe := seen.until(t, func(s sighting) bool { return s.Link.Name == "alice" && !s.FromB })
		came := seen.until(t, func(s sighting) bool { return s.ID == probe.ID && s.To().Name == c.router })
		again := seen.until(t, func(s sighting) bool { return s.Again || s.ID != probe.ID })
		if again.ID != probe.ID || again.Link != came.Link || !again.FromB || again.Fate != frame.Discarded {
			t.Errorf("%s, TTL %d: discarded as %+v, came as %+v", c.to, c.ttl, again.Frame, came.Frame)
		}
		seen.until(t, func(s sighting) bool { return s.Link.Name == "alice" && s.FromB && s.ID != probe.ID })
	}
}

// Nobody has the address: ARP, or NDP, gets no answer.
func TestNoSuchHost(t *testing.T) {
	movable := clock.NewMovable()
	r := newRoad(t, roadConfig{Config: Config{Clock: movable}})
	movable.OnSettle(r.Settle)
	seen := watch(t, r.Internet)
	for address, want := range map[string]error{
		"10.0.3.77:80":    syscall.EHOSTUNREACH,
		"[fd00:3::77]:80": syscall.ENETUNREACH, // see heeded
	} {
		failed := make(chan error)
		go func() {
			_, err := r.alice.DialContext(soon(t), "tcp", address)
			failed <- err
		}()
		for err := error(nil); err == nil; {
			select {
			case err = <-failed:
				if !errors.Is(err, want) {
					t.Error(err)
				}
			default:
				movable.Skip(500 * time.Millisecond)
			}
		}
	}
	if n := r.r2.Counters().Dropped[forward.HostUnreachable]; n < 2 {
		t.Errorf("r2 counts %+v", r.r2.Counters())
	}
	seen.until(t, func(s sighting) bool { // on the cable it is "address unreachable"
		icmp, ok := s.packet.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6)
		return ok && s.Link.Name == "alice" && s.FromB && icmp.TypeCode == layers.CreateICMPv6TypeCode(1, 3)
	})
}

// Packets for a next hop that is not known yet wait, so many and no more.
func TestQueueForANextHop(t *testing.T) {
	r := newRoad(t, roadConfig{})
	mustPing(t, r.alice, "10.0.3.1")
	const packets = maxWaiting + 36
	for range packets {
		probeUDP(t, r.alice, netip.MustParseAddr("10.0.3.77"), 64)
	}
	within(t, "36 packets too many", func() bool {
		return r.r2.Counters().Dropped[forward.QueueFull] == packets-maxWaiting
	})
	mustPing(t, r.alice, "10.0.3.10") // others are not affected
}

// A newcomer with the address of one who has just left speaks first, and is
// answered at once: its own ARP request has told the router who it is.
func TestNewcomerIsAnswered(t *testing.T) {
	r := newRoad(t, roadConfig{})
	mustPing(t, r.bob, "10.0.1.10")
	mustPing(t, r.bob, "fd00:1::10")
	for _, name := range []string{"carol", "dave"} {
		gone := "bob"
		if name == "dave" {
			gone = "carol"
		}
		if err := r.RemoveHost(gone); err != nil {
			t.Fatal(err)
		}
		host := try(r.AddHost(name))(t)
		try(host.Connect(r.nodes["right"].(*Switch), card("10.0.3.10/24", "fd00:3::10/64")))(t)
		setRoutes(t, host, "0.0.0.0/0", "10.0.3.1", "::/0", "fd00:3::1")
		mustPing(t, host, "10.0.1.10")
		mustPing(t, host, "fd00:1::10")
	}
}

// A host is replaced by another with the same address: the router finds out.
func TestNextHopGetsAnotherCard(t *testing.T) {
	movable := clock.NewMovable()
	r := newRoad(t, roadConfig{Config: Config{Clock: movable}})
	movable.OnSettle(r.Settle)
	mustPing(t, r.alice, "10.0.3.10")
	if err := r.RemoveHost("bob"); err != nil {
		t.Fatal(err)
	}
	carol := try(r.AddHost("carol"))(t)
	try(carol.Connect(r.nodes["right"].(*Switch), card("10.0.3.10/24", "fd00:3::10/64")))(t)
	setRoutes(t, carol, "0.0.0.0/0", "10.0.3.1", "::/0", "fd00:3::1")
	for range 200 {
		ctx, cancel := clock.WithTimeout(context.Background(), movable, 500*time.Millisecond)
		done := make(chan error)
		go func() {
			_, err := r.alice.Ping(ctx, netip.MustParseAddr("10.0.3.10"))
			done <- err
		}()
		movable.Skip(time.Second)
		err := <-done
		cancel()
		if err == nil {
			return
		}
	}
	t.Errorf("carol is not found; r2's neighbors: %v", r.r2.Neighbors())
}

// Broadcasts and multicasts stay on their link (RFC 1812 §5.3.4).
func TestBroadcastsStay(t *testing.T) {
	r := newRoad(t, roadConfig{})
	seen := watch(t, r.Internet)
	from := try(r.alice.ListenPacketOn(context.Background(), "eth0", "udp4", ":68"))(t)
	defer from.Close()
	for _, to := range []string{"255.255.255.255", "10.0.1.255"} {
		if _, err := from.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.ParseIP(to), Port: 67}); err != nil {
			t.Errorf("to %s: %v", to, err)
		}
	}
	mustPing(t, r.alice, "10.0.3.10")
	seen.until(t, func(s sighting) bool {
		datagram, ok := s.packet.TransportLayer().(*layers.UDP)
		if ok && datagram.DstPort == 67 && s.Link.Name != "alice" && s.Link.Name != "r1" {
			t.Errorf("seen on %s: %v", s.Link.Name, s.packet)
		}
		if s.Again {
			t.Errorf("what was said to all is discarded by one: %v", s.packet)
		}
		return s.Link.Name == "alice" && s.FromB && s.packet.Layer(layers.LayerTypeICMPv4) != nil
	})
}

func TestRoutesChangeInUse(t *testing.T) {
	r := newRoad(t, roadConfig{})
	mustPing(t, r.alice, "10.0.3.10")
	setRoutes(t, r.r1)
	if _, err := r.alice.DialContext(soon(t), "tcp", "10.0.3.10:80"); !errors.Is(err, syscall.ENETUNREACH) && !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("without a route: %v", err)
	}
	if err := r.r1.AddRoute(Route{Dst: netip.MustParsePrefix("10.0.3.10/32"), Via: netip.MustParseAddr("10.0.2.2")}); err != nil {
		t.Fatal(err)
	}
	mustPing(t, r.alice, "10.0.3.10")
}

func TestRouterErrors(t *testing.T) {
	r := newRoad(t, roadConfig{})
	if _, err := r.AddRouter("alice"); err == nil {
		t.Error("two nodes have the same name")
	}
	if _, err := r.r1.Connect(r.middle, card("10.0.2.1/24")); err == nil {
		t.Error("two cards have the same address")
	}
	r.Close()
	if _, err := r.AddRouter("r3"); !errors.Is(err, ErrClosed) {
		t.Errorf("a router was added after the end: %v", err)
	}
}
