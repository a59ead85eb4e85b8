package internet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet/forward"
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

func TestPingAcrossRouters(t *testing.T) {
	r := newRoad(t, roadConfig{})
	for _, to := range []string{
		"10.0.3.10", "fd00:3::10", // bob
		"10.0.1.1", "fd00:1::1", "10.0.2.1", "fd00:2::1", // r1, by its near and far address
		"10.0.2.2", "fd00:2::2", "10.0.3.1", "fd00:3::1", // r2
	} {
		mustPing(t, r.alice, to)
	}
	mustPing(t, r.r1, "10.0.3.10") // a router can ask, too
	mustPing(t, r.r1, "fd00:3::10")
	mustPing(t, r.r2, "10.0.1.10")

	c := r.r1.Counters()
	if c.Forwarded == 0 || c.Delivered == 0 || len(c.Dropped) != 0 {
		t.Errorf("r1 counts %+v", c)
	}
	if n := len(r.r1.Neighbors()); n < 4 {
		t.Errorf("r1 knows %v; want alice and r2, by IPv4 and IPv6", r.r1.Neighbors())
	}
	if got := fmt.Sprint(r.r1.Routes()[len(r.r1.Routes())-1]); got != "{10.0.3.0/24 10.0.2.2 eth1}" {
		t.Errorf("the last route of r1 is %s", got)
	}
}

func TestTCPAcrossRouters(t *testing.T) {
	r := newRoad(t, roadConfig{})
	for _, address := range []string{"10.0.3.10:80", "[fd00:3::10]:80"} {
		exchange(t, r.alice, r.bob, address, 1<<20)
	}
}

// exchange sends n bytes over a TCP connection, there and back.
func exchange(t testing.TB, from, to interface {
	Listen(context.Context, string, string) (net.Listener, error)
	DialContext(context.Context, string, string) (net.Conn, error)
}, address string, n int) {
	t.Helper()
	ln := try(to.Listen(context.Background(), "tcp", address))(t)
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.Copy(conn, conn)
	}()
	conn := try(from.DialContext(soon(t), "tcp", address))(t)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	sent := bytes.Repeat([]byte("wirebook"), n/8)
	go conn.Write(sent)
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%s: not what was sent came back: %v", address, err)
	}
}

func TestSocketsOnARouter(t *testing.T) {
	r := newRoad(t, roadConfig{})
	exchange(t, r.alice, r.r1, "10.0.2.1:179", 1<<16) // r1's far address
	exchange(t, r.alice, r.r2, "[fd00:3::1]:179", 1<<16)
	exchange(t, r.r1, r.bob, "10.0.3.10:179", 1<<16)
	exchange(t, r.r1, r.r2, "10.0.2.2:179", 1<<16)
	if _, err := r.alice.DialContext(soon(t), "tcp", "10.0.2.1:9"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a closed port of r1: %v", err)
	}
}

func TestUDPAcrossRouters(t *testing.T) {
	r := newRoad(t, roadConfig{middleMTU: 1300})
	for _, address := range []string{"10.0.3.10:53", "[fd00:3::10]:53"} {
		for _, size := range []int{0, 512, 1200} {
			echoUDP(t, r, address, size)
		}
	}
}

func echoUDP(t *testing.T, r *road, address string, size int) {
	t.Helper()
	server := try(r.bob.ListenPacket(context.Background(), "udp", address))(t)
	defer server.Close()
	client := try(r.alice.DialContext(soon(t), "udp", address))(t)
	defer client.Close()
	sent := bytes.Repeat([]byte{7}, size)
	if _, err := client.Write(sent); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	deadline := time.Now().Add(10 * time.Second)
	server.SetDeadline(deadline)
	client.SetDeadline(deadline)
	n, from, err := server.ReadFrom(buf)
	if err != nil {
		t.Fatalf("%d bytes to %s: %v", size, address, err)
	}
	if _, err := server.WriteTo(buf[:n], from); err != nil {
		t.Fatal(err)
	}
	if n, err = client.Read(buf); err != nil || !bytes.Equal(buf[:n], sent) {
		t.Fatalf("%d bytes to %s: %d came back, %v", size, address, n, err)
	}
}

// A UDP datagram that is larger than the next link's MTU is cut by the router,
// and put together again by the receiver alone (RFC 791 §3.2).
func TestFragmentation(t *testing.T) {
	r := newRoad(t, roadConfig{middleMTU: 1300})
	seen := watch(t, r.Internet)
	echoUDP(t, r, "10.0.3.10:53", 1400)
	echoUDP(t, r, "10.0.3.10:53", 4000) // cut by alice, and once more by r1
	seen.until(t, func(s sighting) bool {
		ip, ok := s.packet.NetworkLayer().(*layers.IPv4)
		return ok && s.Link.Name == "bob" && ip.Flags&layers.IPv4MoreFragments != 0 && ip.Length <= 1300
	})
}

// Path MTU discovery (RFC 1191, RFC 8201): TCP sends what must not be cut, is
// told by the router what fits, and goes on with that.
func TestPathMTU(t *testing.T) {
	for address, kind := range map[string]gopacket.LayerType{
		"10.0.3.10:80": layers.LayerTypeICMPv4, "[fd00:3::10]:80": layers.LayerTypeICMPv6,
	} {
		t.Run(address, func(t *testing.T) {
			r := newRoad(t, roadConfig{middleMTU: 1300})
			seen := watch(t, r.Internet)
			exchange(t, r.alice, r.bob, address, 1<<18)
			seen.until(t, func(s sighting) bool {
				return s.Link.Name == "alice" && s.FromB && s.packet.Layer(kind) != nil && isTooBig(s.packet)
			})
		})
	}
}

func isTooBig(p gopacket.Packet) bool {
	if icmp, ok := p.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4); ok {
		return icmp.TypeCode == layers.CreateICMPv4TypeCode(3, 4) && icmp.Seq == 1300
	}
	icmp, ok := p.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6)
	return ok && icmp.TypeCode == layers.CreateICMPv6TypeCode(2, 0)
}

// What traceroute does (the book's §1.4.3): a packet with one hop to live dies
// at the first router, with two at the second, and each says who it is.
func TestTraceroute(t *testing.T) {
	r := newRoad(t, roadConfig{})
	seen := watch(t, r.Internet)
	for _, probe := range []struct {
		to   string
		ttl  int
		from string
	}{
		{"10.0.3.10", 1, "10.0.1.1"},
		{"10.0.3.10", 2, "10.0.2.2"},
		{"10.0.3.10", 3, "10.0.3.10"},
		{"fd00:3::10", 1, "fd00:1::1"},
		{"fd00:3::10", 2, "fd00:2::2"},
		{"fd00:3::10", 3, "fd00:3::10"},
	} {
		probeUDP(t, r.alice, netip.MustParseAddr(probe.to), probe.ttl)
		said := seen.until(t, func(s sighting) bool {
			return s.Link.Name == "alice" && s.FromB && isUnreached(s.packet)
		})
		if got := said.packet.NetworkLayer().NetworkFlow().Src().String(); got != probe.from {
			t.Errorf("to %s with %d hops: %s answers, want %s", probe.to, probe.ttl, got, probe.from)
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

// A packet keeps its ID on its way, and each link is one hop more; what a
// router says itself is a new packet.
func TestFramesKeepTheirID(t *testing.T) {
	r := newRoad(t, roadConfig{})
	mustPing(t, r.alice, "10.0.3.10") // all addresses are known from here on
	seen := watch(t, r.Internet)
	probeUDP(t, r.alice, netip.MustParseAddr("10.0.3.10"), 2)
	var way []string
	var id uint64
	seen.until(t, func(s sighting) bool {
		if id == 0 {
			id = s.ID
		}
		if s.ID == id {
			way = append(way, fmt.Sprintf("%s hop %d", s.Link.Name, s.Hop))
			return false
		}
		return s.packet.Layer(layers.LayerTypeICMPv4) != nil && s.Hop == 0 && s.Link.A.Name == "r2"
	})
	want := []string{"alice hop 0", "r1 hop 1", "r1-eth1 hop 2", "r2 hop 3"}
	if !slices.Equal(way, want) {
		t.Errorf("the packet was seen on %v, want %v", way, want)
	}
}

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

// Nobody has the address: ARP, or NDP, gets no answer.
func TestNoSuchHost(t *testing.T) {
	movable := clock.NewMovable()
	r := newRoad(t, roadConfig{Config: Config{Clock: movable}})
	movable.OnSettle(r.Settle)
	failed := make(chan error)
	go func() {
		_, err := r.alice.DialContext(soon(t), "tcp", "10.0.3.77:80")
		failed <- err
	}()
	for err := error(nil); err == nil; {
		select {
		case err = <-failed:
			if !errors.Is(err, syscall.EHOSTUNREACH) {
				t.Error(err)
			}
		default:
			movable.Skip(500 * time.Millisecond)
		}
	}
}

// By IPv6 the sender is told the same (RFC 4443 §3.1, code 3). A host's stack
// does not heed it, but a traceroute shows it.
func TestNoSuchHostIPv6(t *testing.T) {
	movable := clock.NewMovable()
	r := newRoad(t, roadConfig{Config: Config{Clock: movable}})
	movable.OnSettle(r.Settle)
	seen := watch(t, r.Internet)
	probeUDP(t, r.alice, netip.MustParseAddr("fd00:3::77"), 64)
	within(t, "the packet waits at r2", func() bool { return r.r2.Counters().Forwarded > 0 })
	movable.Skip(10 * time.Second)
	seen.until(t, func(s sighting) bool {
		icmp, ok := s.packet.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6)
		return ok && s.Link.Name == "alice" && s.FromB && icmp.TypeCode == layers.CreateICMPv6TypeCode(1, 3)
	})
	if n := r.r2.Counters().Dropped[forward.HostUnreachable]; n != 1 {
		t.Errorf("r2 counts %+v", r.r2.Counters())
	}
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

func within(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 10 seconds", what)
		}
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
