package forward

import (
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The network of the tests: a LAN on interface 0, a small link to the rest of
// the world on interface 1.
//
//	10.0.1.0/24     --0-[ router ]-1--  10.0.2.0/24      -- 10.0.2.254    -- the world
//	2001:db8:1::/64                     2001:db8:2::/64     2001:db8:2::fe
var (
	lan   = Arrival{Interface: 0}
	group = Arrival{Interface: 0, Group: true}
	outer = Arrival{Interface: 1}
)

const headroom = 14

func testRouter(mtu int) *Forwarder {
	f := &Forwarder{Headroom: headroom}
	f.Configure([]Interface{
		{MTU: 1500, Addrs: prefixes("10.0.1.1/24", "2001:db8:1::1/64", "fe80::1/64")},
		{MTU: mtu, Addrs: prefixes("10.0.2.1/24", "2001:db8:2::1/64", "fe80::1/64")},
	}, []Route{
		{Prefix: netip.MustParsePrefix("198.51.0.0/16"), Via: addr("10.0.2.254"), Out: 1},
		{Prefix: netip.MustParsePrefix("198.51.100.0/24"), Via: addr("10.0.2.253"), Out: 1},
		{Prefix: netip.MustParsePrefix("203.0.113.0/24"), Prohibited: true},
		{Prefix: netip.MustParsePrefix("2001:db8:100::/48"), Via: addr("2001:db8:2::fe"), Out: 1},
		{Prefix: netip.MustParsePrefix("2001:db8:bad::/48"), Prohibited: true},
	})
	return f
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func prefixes(ss ...string) (ps []netip.Prefix) {
	for _, s := range ss {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

// packet is an IPv4 packet in the making: everything has a sensible value.
type packet struct {
	src, dst string
	ttl      uint8 // 0 means 64
	zeroTTL  bool
	id       uint16
	flags    layers.IPv4Flag
	offset   uint16
	options  []layers.IPv4Option
	protocol layers.IPProtocol // 0 means UDP
	payload  []byte
}

func (p packet) bytes(t testing.TB) []byte {
	t.Helper()
	ip := &layers.IPv4{
		Version: 4, SrcIP: addr(or(p.src, "10.0.1.10")).AsSlice(), DstIP: addr(or(p.dst, "10.0.2.20")).AsSlice(),
		TTL: p.ttl, Id: p.id, Flags: p.flags, FragOffset: p.offset, Options: p.options, Protocol: p.protocol,
	}
	if ip.TTL == 0 && !p.zeroTTL {
		ip.TTL = 64
	}
	if ip.Protocol == 0 {
		ip.Protocol = layers.IPProtocolUDP
	}
	return serialize(t, ip, p.payload)
}

// packet6 is an IPv6 packet in the making.
type packet6 struct {
	src, dst string
	hops     uint8             // 0 means 64
	next     layers.IPProtocol // 0 means UDP, or
	hopByHop bool              // the header of that name, whose number is 0
	payload  []byte
}

func (p packet6) bytes(t testing.TB) []byte {
	t.Helper()
	ip := &layers.IPv6{
		Version: 6, SrcIP: addr(or(p.src, "2001:db8:1::10")).AsSlice(), DstIP: addr(or(p.dst, "2001:db8:2::20")).AsSlice(),
		HopLimit: p.hops, NextHeader: p.next,
	}
	if ip.HopLimit == 0 {
		ip.HopLimit = 64
	}
	if ip.NextHeader == 0 && !p.hopByHop {
		ip.NextHeader = layers.IPProtocolUDP
	}
	return serialize(t, ip, p.payload)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func serialize(t testing.TB, ip gopacket.SerializableLayer, payload []byte) []byte {
	t.Helper()
	buf := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, options, ip, gopacket.Payload(payload)); err != nil {
		t.Fatal(err)
	}
	return append([]byte(nil), buf.Bytes()...)
}
