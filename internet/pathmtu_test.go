package internet

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

// The pieces of a packet, and the pieces of those, make up the packet.
func TestCutIPv6(t *testing.T) {
	const headers = ethernetHeader + 40
	for _, size := range []int{1, 8, 1232, 1233, 1240, 9000} {
		packet := make([]byte, headers+size)
		packet[12], packet[13], packet[ethernetHeader], packet[ethernetHeader+6] = 0x86, 0xdd, 6<<4, 17
		for i := range size {
			packet[headers+i] = byte(i / 8)
		}
		for _, mtus := range [][]int{{1280}, {1500, 1280}, {4000, 1500, 1280}} {
			pieces := [][]byte{packet}
			for _, mtu := range mtus {
				var next [][]byte
				for _, piece := range pieces {
					next = append(next, cutIPv6(piece, mtu)...)
				}
				pieces = next
			}
			var whole []byte
			for i, piece := range pieces {
				length, next, place := int(binary.BigEndian.Uint16(piece[ethernetHeader+4:])), piece[ethernetHeader+6], binary.BigEndian.Uint16(piece[headers+2:])
				last := i == len(pieces)-1
				if len(piece) != headers+length || len(piece) > ethernetHeader+1280 || next != 44 || piece[headers] != 17 ||
					int(place&^7) != len(whole) || (place&1 == 0) != last || !bytes.Equal(piece[headers+4:headers+8], pieces[0][headers+4:headers+8]) {
					t.Fatalf("%d bytes, MTUs %v, piece %d of %d: % x", size, mtus, i, len(pieces), piece[ethernetHeader:headers+8])
				}
				whole = append(whole, piece[headers+8:]...)
			}
			if !bytes.Equal(whole, packet[headers:]) {
				t.Errorf("%d bytes, MTUs %v: %d came back", size, mtus, len(whole))
			}
		}
	}
}

// What says that a packet is too big can be anything.
func FuzzHearTooBig(f *testing.F) {
	frame := make([]byte, ethernetHeader+40+8+40)
	frame[12], frame[13], frame[ethernetHeader], frame[ethernetHeader+6], frame[ethernetHeader+40] = 0x86, 0xdd, 6<<4, 58, 2
	f.Add(frame, uint16(0))
	f.Add(frame, uint16(48))
	in := New(Config{})
	f.Cleanup(in.Close)
	host := try(in.AddHost("alice"))(f)
	alice := try(host.Connect(try(in.AddSwitch("lan"))(f), card("fd00::1/64")))(f)
	f.Fuzz(func(_ *testing.T, data []byte, length uint16) {
		if len(data) < ethernetHeader {
			return // the card's filter has seen to that
		}
		if len(data) >= ethernetHeader+6 {
			binary.BigEndian.PutUint16(data[ethernetHeader+4:], length)
		}
		alice.hearTooBig(data)
	})
}

// No path is narrower than IPv6 lets it be, and none for ever.
func TestPathMTUsAreForgotten(t *testing.T) {
	var p pathMTUs
	now := time.Unix(0, 0)
	far, near := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	p.learn(far, 68, now)
	if mtu, ok := p.of(far, now); mtu != 1280 || !ok {
		t.Errorf("%d, %v", mtu, ok)
	}
	if _, ok := p.of(near, now); ok {
		t.Error("nobody has said anything of it")
	}
	if _, ok := p.of(far, now.Add(pathMTULasts)); ok {
		t.Error("it is still believed")
	}
	for n := range 10 * maxPathMTUs {
		p.learn(netip.AddrFrom16([16]byte{0xfd, 14: byte(n >> 8), 15: byte(n)}), 1280, now)
	}
	if len(p.to) > maxPathMTUs {
		t.Errorf("%d are remembered", len(p.to))
	}
}
