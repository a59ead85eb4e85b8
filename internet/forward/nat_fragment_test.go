package forward

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/gopacket/gopacket/layers"
)

// in pieces is a packet as a router with a small link would have cut it.
func inPieces(t testing.TB, words string, mtu int) [][]byte {
	t.Helper()
	var f Forwarder
	pieces := f.fragment(ipv4(spoken(t, words)), mtu)
	if len(pieces) < 2 {
		t.Fatalf("%s: %d pieces", words, len(pieces))
	}
	return pieces
}

// put together, as the receiver does.
func whole(t *testing.T, pieces [][]byte) string {
	t.Helper()
	var payload []byte
	for _, b := range pieces {
		payload = append(payload, ipv4(b).payload()...)
	}
	p := ipv4(append(bytes.Clone(pieces[0][:ipv4HeaderMin]), payload...))
	p.setLen()
	p.setFlags(0)
	p.setChecksum()
	return described(p)
}

func TestNATFragments(t *testing.T) {
	const text = ` "0123456789 0123456789 0123456789 0123456789`
	for _, test := range []struct{ name, first, then, card, became string }{
		{"out", "", "udp 192.168.1.11:3345 > 203.0.113.80:80", "lan", "core udp 198.51.100.2:3345 > 203.0.113.80:80"},
		{"a large ping", "", "echo 7 192.168.1.11 > 203.0.113.80", "lan", "core echo 7 198.51.100.2 > 203.0.113.80"},
		{"in", "lan | udp 192.168.1.11:3345 > 203.0.113.80:80", "udp 203.0.113.80:80 > 198.51.100.2:3345", "core", "lan udp 203.0.113.80:80 > 192.168.1.11:3345"},
		{"a hairpin", "", "udp 192.168.1.11:3345 > 198.51.100.2:5353", "lan", "attic udp 198.51.100.2:3345 > 192.168.2.53:53"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHome(t, NAT{Forward: []PortForward{{UDP, 5353, endpoint{[4]byte{192, 168, 2, 53}, 53}.addrPort()}}})
			h.play(t, test.first)
			var made [][]byte
			out := 0
			for _, b := range inPieces(t, test.then+text, 44) {
				d := h.Forward(Arrival{Interface: natCards[test.card]}, b)
				if d.Verdict != Send {
					t.Fatalf("%v, %v", d.Verdict, d.Reason)
				}
				made, out = append(made, d.Packet[headroom:]), d.Out
			}
			for card, number := range natCards {
				if number == out {
					if got, want := card+" "+whole(t, made), test.became+` `+fmt.Sprintf("%q", text[2:]); got != want {
						t.Errorf("got  %s\nwant %s", got, want)
					}
				}
			}
		})
	}
}

func TestNATFragmentsWithoutTheFirst(t *testing.T) {
	h := newHome(t, NAT{})
	pieces := inPieces(t, `udp 192.168.1.11:3345 > 203.0.113.80:80 "0123456789 0123456789 0123456789`, 44)
	later := func(want Reason) {
		t.Helper()
		if d := h.Forward(lan, pieces[1]); d.Reason != want || (d.Verdict == Send) != (want == None) {
			t.Errorf("%v, %v; want %v", d.Verdict, d.Reason, want)
		}
	}
	later(Orphan)
	h.Forward(lan, pieces[0])
	later(None)
	h.clock.Skip(fragmentLifetime)
	later(Orphan)

	h.Forward(lan, pieces[0])
	for i := range maxFragmented { // others push it out
		other := packet{src: "192.168.1.12", dst: "203.0.113.80", id: uint16(i), flags: layers.IPv4MoreFragments, payload: make([]byte, 16)}.bytes(t)
		other[21], other[23] = 1, 1 // ports
		if d := h.Forward(lan, other); d.Verdict != Send {
			t.Fatalf("%+v", d)
		}
	}
	later(Orphan)
	if n := len(h.plane.Load().nat.fragments.known); n != maxFragmented {
		t.Errorf("%d are known", n)
	}
	// From outside it may be the router's own: its stack waits for the rest.
	in := inPieces(t, `udp 203.0.113.80:80 > 198.51.100.2:3345 "0123456789 0123456789 0123456789`, 44)
	if d := h.Forward(outer, in[1]); d.Verdict != Deliver {
		t.Errorf("from outside: %v, %v", d.Verdict, d.Reason)
	}
	// A TCP header in pieces hides its ports (RFC 1858).
	tiny := inPieces(t, `tcp S 1,0 192.168.1.11:3345 > 203.0.113.80:80`, 28)
	if d := h.Forward(lan, tiny[0]); d.Reason != Untranslatable {
		t.Errorf("a tiny fragment: %v, %v", d.Verdict, d.Reason)
	}
}
