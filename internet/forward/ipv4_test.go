package forward

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/gopacket/gopacket/layers"
)

var echo = []byte{8, 0, 0, 0, 0, 1, 0, 1}

func TestIPv4(t *testing.T) {
	const df = layers.IPv4DontFragment
	icmp := layers.IPProtocolICMPv4
	for _, test := range []struct {
		rule    string
		in      Arrival
		packet  packet
		verdict Verdict
		reason  Reason
		out     int
		nextHop string
	}{
		{"RFC 1812 §5.2.3: to a node on a connected network",
			lan, packet{}, Send, None, 1, "10.0.2.20"},
		{"to the next router on the way",
			lan, packet{dst: "198.51.1.1"}, Send, None, 1, "10.0.2.254"},
		{"§5.2.4.3: the longest prefix decides",
			lan, packet{dst: "198.51.100.1"}, Send, None, 1, "10.0.2.253"},
		{"back where it came from, if that is the way",
			outer, packet{src: "10.0.2.20", dst: "198.51.1.1"}, Send, None, 1, "10.0.2.254"},

		{"§5.2.3: to the router itself",
			lan, packet{dst: "10.0.1.1"}, Deliver, None, 0, ""},
		{"by the address of another interface",
			lan, packet{dst: "10.0.2.1"}, Deliver, None, 1, ""},
		{"even with its last hop: it is not forwarded",
			lan, packet{dst: "10.0.2.1", ttl: 1}, Deliver, None, 1, ""},
		{"RFC 1122 §3.3.6: but not in a broadcast frame",
			group, packet{dst: "10.0.1.1"}, Drop, Broadcast, 0, ""},
		{"a broadcast on this link is for the router too",
			group, packet{dst: "255.255.255.255"}, Deliver, None, 0, ""},
		{"before a host has an address (RFC 2131)",
			group, packet{src: "0.0.0.0", dst: "255.255.255.255"}, Deliver, None, 0, ""},
		{"a directed broadcast of this link",
			group, packet{dst: "10.0.1.255"}, Deliver, None, 0, ""},
		{"RFC 2644: of another link, it is not forwarded",
			lan, packet{dst: "10.0.2.255"}, Drop, Broadcast, 0, ""},
		{"multicasts stay on their link",
			group, packet{dst: "224.0.0.251"}, Deliver, None, 0, ""},
		{"RFC 1812 §5.3.4: what came as a broadcast does not go on",
			group, packet{}, Drop, Broadcast, 0, ""},

		{"§5.3.7: nobody is 0.0.0.0",
			lan, packet{src: "0.0.0.0"}, Drop, Martian, 0, ""},
		{"the loopback network is inside a host",
			lan, packet{src: "127.0.0.1"}, Drop, Martian, 0, ""},
		{"to it",
			lan, packet{dst: "127.0.0.53"}, Drop, Martian, 0, ""},
		{"from a group",
			lan, packet{src: "224.0.0.1"}, Drop, Martian, 0, ""},
		{"class E",
			lan, packet{dst: "250.1.1.1"}, Drop, Martian, 0, ""},
		{"RFC 3927 §7: link-local addresses stay on their link",
			lan, packet{src: "169.254.1.1"}, Drop, OutOfScope, 0, ""},
		{"in both directions",
			lan, packet{dst: "169.254.1.1"}, Drop, OutOfScope, 0, ""},

		{"RFC 1812 §5.2.7.1: no route: net unreachable",
			lan, packet{dst: "192.0.2.1"}, Answer, NoRoute, 0, "10.0.1.10"},
		{"no way there, by order",
			lan, packet{dst: "203.0.113.9"}, Answer, Prohibited, 0, "10.0.1.10"},
		{"§5.3.1: the last hop is used up",
			lan, packet{ttl: 1}, Answer, TimeExceeded, 0, "10.0.1.10"},
		{"it was used up before",
			lan, packet{zeroTTL: true}, Answer, TimeExceeded, 0, "10.0.1.10"},
		{"one left after this one",
			lan, packet{ttl: 2}, Send, None, 1, "10.0.2.20"},
		{"no route comes before no time (§5.2.1.2)",
			lan, packet{ttl: 1, dst: "192.0.2.1"}, Answer, NoRoute, 0, "10.0.1.10"},
		{"the sender is behind another router",
			outer, packet{src: "198.51.1.1", dst: "192.0.2.1"}, Answer, NoRoute, 1, "10.0.2.254"},
		{"the sender cannot be reached either",
			outer, packet{src: "192.0.2.2", dst: "192.0.2.1"}, Drop, NoRoute, 0, ""},

		{"RFC 791: DF forbids to cut it",
			lan, packet{flags: df, payload: make([]byte, 1400)}, Answer, TooBig, 0, "10.0.1.10"},
		{"just fits",
			lan, packet{flags: df, payload: make([]byte, 980)}, Send, None, 1, "10.0.2.20"},
		{"one too many",
			lan, packet{flags: df, payload: make([]byte, 981)}, Answer, TooBig, 0, "10.0.1.10"},

		{"§4.3.2.7: a ping is worth an answer",
			lan, packet{ttl: 1, protocol: icmp, payload: echo}, Answer, TimeExceeded, 0, "10.0.1.10"},
		{"no error about an error",
			lan, packet{ttl: 1, protocol: icmp, payload: []byte{3, 0, 0, 0, 0, 0, 0, 0}}, Drop, TimeExceeded, 0, ""},
		{"nor about a time exceeded",
			lan, packet{ttl: 1, protocol: icmp, payload: []byte{11, 0, 0, 0}}, Drop, TimeExceeded, 0, ""},
		{"nor about what may be one",
			lan, packet{ttl: 1, protocol: icmp}, Drop, TimeExceeded, 0, ""},
		{"the first fragment",
			lan, packet{ttl: 1, flags: layers.IPv4MoreFragments, payload: make([]byte, 8)}, Answer, TimeExceeded, 0, "10.0.1.10"},
		{"but no further one",
			lan, packet{ttl: 1, offset: 185, payload: make([]byte, 8)}, Drop, TimeExceeded, 0, ""},
		{"a sender that says it is the router",
			lan, packet{ttl: 1, src: "10.0.1.1"}, Drop, TimeExceeded, 0, ""},
		{"a sender that says it is everybody",
			lan, packet{ttl: 1, src: "10.0.1.255"}, Drop, TimeExceeded, 0, ""},
	} {
		t.Run(test.rule, func(t *testing.T) {
			sent := test.packet.bytes(t)
			before := bytes.Clone(sent)
			f := testRouter(1000)
			d := f.Forward(test.in, sent)
			if !bytes.Equal(sent, before) {
				t.Error("the packet that came in was changed")
			}
			if d.Verdict != test.verdict || d.Reason != test.reason || d.Out != test.out {
				t.Fatalf("got %d %v on %d; want %d %v on %d", d.Verdict, d.Reason, d.Out, test.verdict, test.reason, test.out)
			}
			if test.nextHop != "" && d.NextHop != addr(test.nextHop) {
				t.Errorf("next hop %v, want %s", d.NextHop, test.nextHop)
			}
			switch d.Verdict {
			case Send:
				sent[ipv4TTL]--
				ipv4(sent).setChecksum()
				if got := d.Packet[headroom:]; !bytes.Equal(got, sent) {
					t.Errorf("went out as\n%x, want\n%x", got, sent)
				}
			case Answer:
				checkErrorIPv4(t, d, sent)
			default:
				if d.Packet != nil {
					t.Errorf("%d made a packet", d.Verdict)
				}
			}
		})
	}
}

// checkErrorIPv4 reads an ICMP error as its receiver would.
func checkErrorIPv4(t *testing.T, d Decision, about []byte) {
	t.Helper()
	ip, reason := checkIPv4(d.Packet[headroom:])
	if reason != None {
		t.Fatalf("the error is itself in error: %v", reason)
	}
	if ip.protocol() != protocolICMP || ip.dst() != ipv4(about).src() {
		t.Errorf("protocol %d to %v", ip.protocol(), ip.dst())
	}
	if len(ip) > icmpv4Longest {
		t.Errorf("%d bytes long", len(ip))
	}
	body := ip.payload()
	if checksum(body, 0) != 0 {
		t.Error("wrong ICMP checksum")
	}
	want := map[Reason]message{
		NoRoute: {3, 0}, HostUnreachable: {3, 1}, Prohibited: {3, 13}, TooBig: {3, 4}, TimeExceeded: {11, 0},
	}[d.Reason]
	if got := (message{body[0], body[1]}); got != want {
		t.Errorf("type and code %v, want %v", got, want)
	}
	if mtu := binary.BigEndian.Uint16(body[6:]); d.Reason == TooBig && mtu != 1000 {
		t.Errorf("next-hop MTU %d, want 1000 (RFC 1191)", mtu)
	}
	if quote := body[icmpHeader:]; !bytes.HasPrefix(about, quote) || len(quote) < min(len(about), 28) {
		t.Errorf("quotes %d bytes: %x", len(quote), quote)
	}
}

// An error comes from the interface that the packet came in by: that is what
// traceroute shows.
func TestErrorsComeFromTheInterfaceOfArrival(t *testing.T) {
	f := testRouter(1500)
	for in, want := range map[Arrival]string{lan: "10.0.1.1", outer: "10.0.2.1"} {
		d := f.Forward(in, packet{src: "10.0.1.10", dst: "10.0.2.20", ttl: 1}.bytes(t))
		if got := ipv4(d.Packet[headroom:]).src(); got != addr(want) {
			t.Errorf("by interface %d: from %v, want %s", in.Interface, got, want)
		}
	}
}

func TestUnreachableHost(t *testing.T) {
	f := testRouter(1500)
	p := packet{}.bytes(t)
	d := f.Unreachable(lan, p)
	if d.Verdict != Answer || d.Reason != HostUnreachable || d.NextHop != addr("10.0.1.10") {
		t.Fatalf("%+v", d)
	}
	checkErrorIPv4(t, d, p)
	if d := f.Unreachable(lan, p[:19]); d.Verdict != Drop {
		t.Errorf("half a header: %+v", d)
	}
}

// RFC 1812 §5.2.2: what is wrong with a header, and what is not.
func TestHeaderChecks(t *testing.T) {
	good := packet{payload: []byte("hello")}.bytes(t)
	with := func(change func(p []byte) []byte) []byte { return change(bytes.Clone(good)) }
	sealed := func(change func(p []byte)) []byte {
		p := bytes.Clone(good)
		change(p)
		ipv4(p).setChecksum()
		return p
	}
	for rule, test := range map[string]struct {
		packet []byte
		reason Reason
	}{
		"good":                              {good, None},
		"padded by the link":                {with(func(p []byte) []byte { return append(p, make([]byte, 21)...) }), None},
		"nothing":                           {nil, Malformed},
		"(1) shorter than a header":         {good[:19], Malformed},
		"(2) checksum":                      {with(func(p []byte) []byte { p[10] ^= 1; return p }), BadChecksum},
		"(2) anything else changed":         {with(func(p []byte) []byte { p[15] ^= 0x40; return p }), BadChecksum},
		"(3) version 5":                     {sealed(func(p []byte) { p[0] = 0x55 }), Malformed},
		"(4) header length 4":               {sealed(func(p []byte) { p[0] = 0x44 }), Malformed},
		"(4) header longer than the packet": {with(func(p []byte) []byte { p[0] = 0x4f; return p }), Malformed},
		"(5) total length within header":    {sealed(func(p []byte) { p[3] = 19 }), Malformed},
		"cut short":                         {good[:len(good)-1], Malformed},
	} {
		d := testRouter(1500).Forward(lan, test.packet)
		if d.Reason != test.reason || (d.Verdict == Send) != (test.reason == None) {
			t.Errorf("%s: %v, %v", rule, d.Verdict, d.Reason)
		}
		if d.Verdict == Send && len(d.Packet) != headroom+len(good) {
			t.Errorf("%s: %d bytes went on", rule, len(d.Packet)-headroom)
		}
	}
}

func TestZeroForwarderDropsEverything(t *testing.T) {
	var f Forwarder
	if d := f.Forward(lan, packet{}.bytes(t)); d.Verdict != Drop || d.Reason != NoRoute {
		t.Errorf("%+v", d)
	}
	if d := f.Unreachable(lan, packet{}.bytes(t)); d.Verdict != Drop {
		t.Errorf("%+v", d)
	}
}

func TestCounters(t *testing.T) {
	f := testRouter(1500)
	f.Forward(lan, packet{}.bytes(t))
	f.Forward(lan, packet{}.bytes(t))
	f.Forward(lan, packet{dst: "10.0.1.1"}.bytes(t))
	f.Forward(lan, packet{ttl: 1}.bytes(t))
	f.Forward(lan, nil)
	f.CountDrop(QueueFull)
	c := f.Counters()
	if c.Forwarded != 2 || c.Delivered != 1 || c.Answered != 1 || len(c.Dropped) != 3 ||
		c.Dropped[TimeExceeded] != 1 || c.Dropped[Malformed] != 1 || c.Dropped[QueueFull] != 1 {
		t.Errorf("%+v", c)
	}
}
