package internet

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/wirebook/wirebook/frame"
)

// road is an Internet with two routers between two hosts:
//
//	alice ---[ left ]--- r1 ---[ middle ]--- r2 ---[ right ]--- bob
//	10.0.1.10      10.0.1.1  10.0.2.1  10.0.2.2  10.0.3.1     10.0.3.10
//	fd00:1::10      fd00:1::1  fd00:2::1 fd00:2::2 fd00:3::1  fd00:3::10
type road struct {
	*Internet
	alice, bob *Host
	r1, r2     *Router
	middle     *Switch
}

type roadConfig struct {
	Config
	middleMTU int
}

func newRoad(t testing.TB, c roadConfig) *road {
	t.Helper()
	in := New(c.Config)
	t.Cleanup(in.Close)
	r := &road{Internet: in}
	left, r1 := try(in.AddSwitch("left"))(t), try(in.AddRouter("r1"))(t)
	r.middle, r.r1, r.r2 = try(in.AddSwitch("middle"))(t), r1, try(in.AddRouter("r2"))(t)
	right := try(in.AddSwitch("right"))(t)
	r.alice, r.bob = try(in.AddHost("alice"))(t), try(in.AddHost("bob"))(t)

	try(r.alice.Connect(left, card("10.0.1.10/24", "fd00:1::10/64")))(t)
	try(r.r1.Connect(left, card("10.0.1.1/24", "fd00:1::1/64")))(t)
	small := card("10.0.2.1/24", "fd00:2::1/64")
	small.MTU = c.middleMTU
	try(r.r1.Connect(r.middle, small))(t)
	small = card("10.0.2.2/24", "fd00:2::2/64")
	small.MTU = c.middleMTU
	try(r.r2.Connect(r.middle, small))(t)
	try(r.r2.Connect(right, card("10.0.3.1/24", "fd00:3::1/64")))(t)
	try(r.bob.Connect(right, card("10.0.3.10/24", "fd00:3::10/64")))(t)

	setRoutes(t, r.alice, "0.0.0.0/0", "10.0.1.1", "::/0", "fd00:1::1")
	setRoutes(t, r.r1, "10.0.3.0/24", "10.0.2.2", "fd00:3::/64", "fd00:2::2")
	setRoutes(t, r.r2, "10.0.1.0/24", "10.0.2.1", "fd00:1::/64", "fd00:2::1")
	setRoutes(t, r.bob, "0.0.0.0/0", "10.0.3.1", "::/0", "fd00:3::1")
	return r
}

func card(addrs ...string) (c CardConfig) {
	for _, a := range addrs {
		c.Addrs = append(c.Addrs, netip.MustParsePrefix(a))
	}
	return c
}

func setRoutes(t testing.TB, on interface{ SetRoutes([]Route) error }, dstVia ...string) {
	t.Helper()
	var routes []Route
	for pair := range slices.Chunk(dstVia, 2) {
		routes = append(routes, Route{Dst: netip.MustParsePrefix(pair[0]), Via: netip.MustParseAddr(pair[1])})
	}
	if err := on.SetRoutes(routes); err != nil {
		t.Fatal(err)
	}
}

// try is for calls that must succeed: try(f())(t).
func try[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func mustPing(t testing.TB, from interface {
	Name() string
	Ping(context.Context, netip.Addr) (time.Duration, error)
}, to string) {
	t.Helper()
	if _, err := from.Ping(soon(t), netip.MustParseAddr(to)); err != nil {
		t.Errorf("%s cannot ping %s: %v", from.Name(), to, err)
	}
}

func within(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 10 seconds", what)
		}
	}
}

// isUnreached finds the answers that traceroute wants: time exceeded, from a
// router, and port unreachable, from the end of the road.
func isUnreached(p gopacket.Packet) bool {
	if icmp, ok := p.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4); ok {
		return icmp.TypeCode.Type() == 11 || icmp.TypeCode == layers.CreateICMPv4TypeCode(3, 3)
	}
	icmp, ok := p.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6)
	return ok && (icmp.TypeCode.Type() == 3 || icmp.TypeCode == layers.CreateICMPv6TypeCode(1, 4))
}

// probeUDP sends a datagram that may make only so many hops.
func probeUDP(t testing.TB, from *Host, to netip.Addr, ttl int) {
	t.Helper()
	protocol, option := ipv4.ProtocolNumber, tcpip.IPv4TTLOption
	if to.Is6() {
		protocol, option = ipv6.ProtocolNumber, tcpip.IPv6HopLimitOption
	}
	ep, failed := from.stack.NewEndpoint(udp.ProtocolNumber, protocol, &waiter.Queue{})
	if failed != nil {
		t.Fatal(failed)
	}
	defer ep.Close()
	if failed := ep.SetSockOptInt(option, ttl); failed != nil {
		t.Fatal(failed)
	}
	dst := tcpip.FullAddress{Addr: stackAddress(to), Port: 33434}
	if _, failed := ep.Write(bytes.NewReader([]byte("probe")), tcpip.WriteOptions{To: &dst}); failed != nil {
		t.Fatal(failed)
	}
}

// watcher reads what a tap sees.
type watcher struct {
	*frame.Ring
	buf  []frame.Frame
	next int
}

type sighting struct {
	frame.Frame
	packet gopacket.Packet
}

func watch(t testing.TB, in *Internet) *watcher {
	w := &watcher{Ring: frame.NewRing(1 << 14)}
	t.Cleanup(in.Tap(w))
	return w
}

// until returns the next IP packet for which found is true.
func (w *watcher) until(t testing.TB, found func(sighting) bool) sighting {
	t.Helper()
	ctx := soon(t)
	for {
		if w.next == len(w.buf) {
			w.buf = make([]frame.Frame, 256)
			n, err := w.Read(ctx, w.buf)
			if err != nil {
				t.Fatalf("nothing like it was seen: %v", err)
			}
			w.buf, w.next = w.buf[:n], 0
		}
		s := sighting{Frame: w.buf[w.next]}
		w.next++
		s.packet = gopacket.NewPacket(s.Data, layers.LayerTypeEthernet, gopacket.Default)
		if s.packet.NetworkLayer() != nil && found(s) {
			return s
		}
	}
}
