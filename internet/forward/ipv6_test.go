package forward

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var echo6 = []byte{128, 0, 0, 0, 0, 1, 0, 1}

func TestIPv6(t *testing.T) {
	icmp := layers.IPProtocolICMPv6
	for _, test := range []struct {
		rule    string
		in      Arrival
		packet  packet6
		verdict Verdict
		reason  Reason
		out     int
		nextHop string
	}{
		{"to a node on a connected network",
			lan, packet6{}, Send, None, 1, "2001:db8:2::20"},
		{"to the next router on the way",
			lan, packet6{dst: "2001:db8:100::1"}, Send, None, 1, "2001:db8:2::fe"},
		{"to the router itself",
			lan, packet6{dst: "2001:db8:1::1"}, Deliver, None, 0, ""},
		{"by the address of another interface",
			lan, packet6{dst: "2001:db8:2::1", hops: 1}, Deliver, None, 1, ""},
		{"by the link-local address, which both interfaces have",
			outer, packet6{src: "fe80::9", dst: "fe80::1"}, Deliver, None, 1, ""},
		{"to all nodes of the link",
			group, packet6{src: "fe80::9", dst: "ff02::1"}, Deliver, None, 0, ""},
		{"what came as a multicast does not go on",
			group, packet6{}, Drop, Broadcast, 0, ""},

		{"RFC 4291 §2.5.2: nobody is ::",
			lan, packet6{src: "::"}, Drop, Martian, 0, ""},
		{"§2.5.3: the loopback address is inside a node",
			lan, packet6{dst: "::1"}, Drop, Martian, 0, ""},
		{"§2.7: nobody is a group",
			lan, packet6{src: "ff02::1"}, Drop, Martian, 0, ""},
		{"§2.5.6: a link-local destination stays on its link",
			lan, packet6{dst: "fe80::77"}, Drop, OutOfScope, 0, ""},
		{"RFC 4443 §3.1: a link-local source is told so",
			lan, packet6{src: "fe80::9"}, Answer, OutOfScope, 0, "fe80::9"},

		{"no route",
			lan, packet6{dst: "2001:db9::1"}, Answer, NoRoute, 0, "2001:db8:1::10"},
		{"no way there, by order",
			lan, packet6{dst: "2001:db8:bad::1"}, Answer, Prohibited, 0, "2001:db8:1::10"},
		{"RFC 4443 §3.3: the last hop is used up",
			lan, packet6{hops: 1}, Answer, TimeExceeded, 0, "2001:db8:1::10"},
		{"RFC 4443 §3.2: routers do not cut",
			lan, packet6{payload: make([]byte, 1261)}, Answer, TooBig, 0, "2001:db8:1::10"},
		{"just fits",
			lan, packet6{payload: make([]byte, 1260)}, Send, None, 1, "2001:db8:2::20"},
		{"the sender cannot be reached",
			outer, packet6{src: "2001:db9::2", hops: 1}, Drop, TimeExceeded, 0, ""},

		{"§2.4 (e): a ping is worth an answer",
			lan, packet6{hops: 1, next: icmp, payload: echo6}, Answer, TimeExceeded, 0, "2001:db8:1::10"},
		{"(e.1) no error about an error",
			lan, packet6{hops: 1, next: icmp, payload: []byte{1, 4, 0, 0}}, Drop, TimeExceeded, 0, ""},
		{"(e.2) nor about a redirect",
			lan, packet6{hops: 1, next: icmp, payload: []byte{137, 0, 0, 0}}, Drop, TimeExceeded, 0, ""},
		{"also when it stands behind extension headers",
			lan, packet6{hops: 1, hopByHop: true, payload: []byte{nextDestination, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4, 0, 0, 0, 0, 3, 0, 0, 0}}, Drop, TimeExceeded, 0, ""},
		{"an echo behind one",
			lan, packet6{hops: 1, hopByHop: true, payload: append([]byte{58, 0, 1, 4, 0, 0, 0, 0}, echo6...)}, Answer, TimeExceeded, 0, "2001:db8:1::10"},
		{"a fragment that cannot be seen to be none",
			lan, packet6{hops: 1, next: nextFragment, payload: []byte{58, 0, 0, 8, 0, 0, 0, 1, 1, 0}}, Drop, TimeExceeded, 0, ""},
		{"a first fragment of UDP",
			lan, packet6{hops: 1, next: nextFragment, payload: []byte{17, 0, 0, 1, 0, 0, 0, 1, 0, 0}}, Answer, TimeExceeded, 0, "2001:db8:1::10"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			sent := test.packet.bytes(t)
			before := bytes.Clone(sent)
			d := testRouter(1300).Forward(test.in, sent)
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
				sent[ipv6HopLimit]--
				if got := d.Packet[headroom:]; !bytes.Equal(got, sent) {
					t.Errorf("went out as\n%x, want\n%x", got, sent)
				}
			case Answer:
				checkErrorIPv6(t, d, sent)
			default:
				if d.Packet != nil {
					t.Errorf("%d made a packet", d.Verdict)
				}
			}
		})
	}
}

// checkErrorIPv6 reads an error with gopacket, and checks the sum by letting
// gopacket make it anew.
func checkErrorIPv6(t *testing.T, d Decision, about []byte) {
	t.Helper()
	made := d.Packet[headroom:]
	ip, reason := checkIPv6(made)
	if reason != None || len(ip) > icmpv6Longest || ip.dst() != ipv6(about).src() {
		t.Fatalf("%v, %d bytes to %v", reason, len(ip), ip.dst())
	}
	parsed := gopacket.NewPacket(made, layers.LayerTypeIPv6, gopacket.Default)
	icmp, ok := parsed.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6)
	if !ok {
		t.Fatalf("no ICMPv6 in %v", parsed)
	}
	want := map[Reason][2]uint8{
		NoRoute: {1, 0}, Prohibited: {1, 1}, OutOfScope: {1, 2}, HostUnreachable: {1, 3}, TooBig: {2, 0}, TimeExceeded: {3, 0},
	}[d.Reason]
	if icmp.TypeCode.Type() != want[0] || icmp.TypeCode.Code() != want[1] {
		t.Errorf("type and code %v, want %v", icmp.TypeCode, want)
	}
	sum := icmp.Checksum
	icmp.SetNetworkLayerForChecksum(parsed.NetworkLayer())
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{ComputeChecksums: true}, icmp, gopacket.Payload(icmp.Payload)); err != nil {
		t.Fatal(err)
	}
	if icmp.Checksum != sum {
		t.Errorf("checksum %#04x, want %#04x", sum, icmp.Checksum)
	}
	body := made[ipv6Header:]
	if mtu := binary.BigEndian.Uint32(body[4:]); d.Reason == TooBig && mtu != 1300 {
		t.Errorf("MTU %d, want 1300", mtu)
	}
	if quote := body[icmpHeader:]; !bytes.HasPrefix(about, quote) || len(quote) != min(len(about), 1232) {
		t.Errorf("quotes %d of %d bytes", len(quote), len(about))
	}
}

func TestUnreachableHostIPv6(t *testing.T) {
	p := packet6{}.bytes(t)
	d := testRouter(1500).Unreachable(lan, p)
	if d.Verdict != Answer || d.Reason != HostUnreachable {
		t.Fatalf("%+v", d)
	}
	checkErrorIPv6(t, d, p)
}

func TestHeaderChecksIPv6(t *testing.T) {
	good := packet6{payload: []byte("hello")}.bytes(t)
	f := testRouter(1500)
	if d := f.Forward(lan, append(bytes.Clone(good), 0, 0, 0)); d.Verdict != Send || len(d.Packet) != headroom+len(good) {
		t.Errorf("padded by the link: %+v", d)
	}
	for _, n := range []int{1, 39, 40, len(good) - 1} {
		if d := f.Forward(lan, good[:n]); d.Verdict != Drop || d.Reason != Malformed {
			t.Errorf("cut to %d: %+v", n, d)
		}
	}
}
