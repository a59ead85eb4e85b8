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
)

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

// Nobody cuts IPv6 packets but their sender: who has been told what fits cuts
// datagrams, too. Each side finds out for its own direction.
func TestPathMTUForDatagrams(t *testing.T) {
	r := newRoad(t, roadConfig{middleMTU: 1300})
	for from, to := range map[*Host]string{r.alice: "[fd00:3::10]:9", r.bob: "[fd00:1::10]:9"} {
		conn := try(from.DialContext(soon(t), "udp", to))(t)
		defer conn.Close()
		if _, err := conn.Write(make([]byte, 1400)); err != nil {
			t.Fatal(err)
		}
		within(t, "a router says that it is too big", from.pathMTUs.some.Load)
	}
	seen := watch(t, r.Internet)
	for _, size := range []int{1252, 1253, 1400, 4000, 60_000} {
		echoUDP(t, r, "[fd00:3::10]:53", size)
	}
	seen.until(t, func(s sighting) bool {
		cut, ok := s.packet.Layer(layers.LayerTypeIPv6Fragment).(*layers.IPv6Fragment)
		if len(s.Data) > ethernetHeader+1300 {
			t.Errorf("%d bytes on %s", len(s.Data), s.Link.Name)
		}
		return ok && s.Link.Name == "alice" && s.FromB && !cut.MoreFragments && int(cut.FragmentOffset)*8 > 59_000
	})
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
		if s.ID == id && !s.Again {
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
