package forward

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"
)

// The book's example: a datagram of 4,000 bytes meets a link with an MTU of
// 1,500 bytes.
func TestTheBooksFragments(t *testing.T) {
	d := testRouter(1500).Forward(lan, packet{id: 777, payload: make([]byte, 3980)}.bytes(t))
	if d.Verdict != Send {
		t.Fatalf("%+v", d)
	}
	var got [][4]int // bytes of payload, ID, offset, more
	for _, b := range append([][]byte{d.Packet}, d.Rest...) {
		p, reason := checkIPv4(b[headroom:])
		if reason != None {
			t.Fatal(reason)
		}
		got = append(got, [4]int{len(p.payload()), int(binary.BigEndian.Uint16(p[4:])), int(p.flags() & ipv4OffsetMask), int(p.flags() & ipv4MF >> 13)})
	}
	want := [][4]int{{1480, 777, 0, 1}, {1480, 777, 185, 1}, {1020, 777, 370, 0}}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %v, want %v", got, want)
	}
}

// RFC 791 §3.1: only options whose copied flag is set are in every fragment.
func TestOptionsInFragments(t *testing.T) {
	options := []layers.IPv4Option{
		{OptionType: 1, OptionLength: 1},                                    // no operation
		{OptionType: 7, OptionLength: 7, OptionData: []byte{4, 0, 0, 0, 0}}, // record route: not copied
		{OptionType: 0x94, OptionLength: 4, OptionData: []byte{0, 0}},       // router alert: copied
		{OptionType: 0x88, OptionLength: 4, OptionData: []byte{0x12, 0x34}}, // stream ID: copied
	}
	d := testRouter(500).Forward(lan, packet{options: options, payload: make([]byte, 1000)}.bytes(t))
	if d.Verdict != Send || len(d.Rest) != 2 {
		t.Fatalf("%+v", d)
	}
	first, later := ipv4(d.Packet[headroom:]), ipv4(d.Rest[0][headroom:])
	if first.headerLen() != 36 {
		t.Errorf("the first header has %d bytes, want all options", first.headerLen())
	}
	if got, want := later[ipv4HeaderMin:later.headerLen()], []byte{0x94, 4, 0, 0, 0x88, 4, 0x12, 0x34}; !bytes.Equal(got, want) {
		t.Errorf("later options are %x, want %x", got, want)
	}
}

func TestLinkTooSmallForAnything(t *testing.T) {
	d := testRouter(27).Forward(lan, packet{payload: make([]byte, 100)}.bytes(t))
	if d.Verdict != Answer || d.Reason != TooBig {
		t.Errorf("%+v", d)
	}
}

// reassemble does what the receiver does (RFC 791 §3.2), and allows no hole or overlap.
func reassemble(t *rapid.T, fragments [][]byte) (header ipv4, payload []byte) {
	filled := map[int]bool{}
	total := -1
	for _, b := range fragments {
		p, reason := checkIPv4(b)
		if reason != None {
			t.Fatalf("fragment: %v", reason)
		}
		at := int(p.flags()&ipv4OffsetMask) * 8
		if at == 0 {
			header = p[:p.headerLen()]
		}
		if p.flags()&ipv4MF == 0 {
			total = at + len(p.payload())
		}
		payload = append(payload, make([]byte, max(0, at+len(p.payload())-len(payload)))...)
		for i, c := range p.payload() {
			if filled[at+i] {
				t.Fatalf("byte %d twice", at+i)
			}
			filled[at+i], payload[at+i] = true, c
		}
	}
	if len(filled) != total || total != len(payload) {
		t.Fatalf("%d bytes arrived, the last ends at %d of %d", len(filled), total, len(payload))
	}
	return header, payload
}

// A packet crosses two routers with ever smaller links; what the receiver puts
// together, from fragments in any order, is what was sent.
func TestFragmentsReassemble(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(rt, "payload")
		sent := packet{id: 7, payload: payload}
		if rapid.Bool().Draw(rt, "options") {
			sent.options = []layers.IPv4Option{
				{OptionType: 0x88, OptionLength: 4, OptionData: []byte{1, 2}},
				{OptionType: 7, OptionLength: 7, OptionData: []byte{4, 0, 0, 0, 0}},
			}
		}
		first := testRouter(rapid.IntRange(68, 1500).Draw(rt, "MTU 1"))
		second := testRouter(rapid.IntRange(68, 1500).Draw(rt, "MTU 2"))
		var arrived [][]byte
		for _, a := range packetsOf(first.Forward(lan, sent.bytes(t))) {
			for _, b := range packetsOf(second.Forward(lan, a)) {
				if mtu := second.plane.Load().interfaces[1].MTU; len(b) > mtu {
					rt.Fatalf("%d bytes do not fit %d", len(b), mtu)
				}
				arrived = append(arrived, b)
			}
		}
		header, got := reassemble(rt, rapid.Permutation(arrived).Draw(rt, "order"))
		if !bytes.Equal(got, payload) {
			rt.Fatal("the payload is another")
		}
		if header[ipv4TTL] != 62 || binary.BigEndian.Uint16(header[4:]) != 7 {
			rt.Fatalf("header %x", header)
		}
	})
}

func packetsOf(d Decision) (packets [][]byte) {
	if d.Verdict != Send {
		return nil
	}
	for _, b := range append([][]byte{d.Packet}, d.Rest...) {
		packets = append(packets, b[headroom:])
	}
	return packets
}
