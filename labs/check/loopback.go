package check

import (
	"encoding/binary"
	"net/netip"
)

// One address of a LAN cannot be 127.0.0.1, since that is every host itself. But
// it is what many programs have in their source: a client that was tried with
// a server on the same machine, a server that listens there only. So the frames
// on the program's cable have a stand-in, and at its card, as in a NAT, the
// address is replaced:
//
//	           on the cable                        what the program sees
//	a client   10.53.128.1, an address of ours     127.0.0.1, the peer
//	a server   10.53.0.3, one of the program's     127.0.0.1, itself
//	a server   10.53.0.8, one of the program's     192.168.1.17, itself
//
// The last is a server that was written for a machine with that address, and binds it
// (the home of [lan]).
//
// Checksums are mended (RFC 1624), not made anew: what was wrong stays wrong.
var (
	loopback       = netip.MustParseAddr("127.0.0.1")
	peerAtLoopback = standIn(loopback)
	selfByName     = netip.MustParseAddr("10.53.0.4") // a client's own name leads to us, too
	selfAtLoopback = netip.MustParseAddr("10.53.0.3")
	selfAtHome     = netip.MustParseAddr("10.53.0.8")
)

// Seen is an address on the cable as the program has it.
func Seen(a netip.Addr) netip.Addr {
	if a == peerAtLoopback || a == selfAtLoopback {
		return loopback
	}
	return a
}

// Places in an Ethernet frame with an IPv4 packet without VLAN tag.
const (
	ethernetHeader = 14
	sourceAt       = ethernetHeader + 12
	destinationAt  = ethernetHeader + 16
)

// outward changes a frame that the program's card has sent.
func outward(frame []byte, home netip.Addr) {
	if !isIPv4(frame) {
		return
	}
	if frame[destinationAt] == loopback.AsSlice()[0] {
		replace(frame, destinationAt, standIn(address(frame, destinationAt)))
	}
	switch source := address(frame, sourceAt); {
	case source.IsLoopback():
		replace(frame, sourceAt, selfAtLoopback)
	case source == home:
		replace(frame, sourceAt, selfAtHome)
	}
}

// inward returns what the program's card is given for a frame: another copy
// where something has to be changed.
func inward(frame []byte, home netip.Addr) []byte {
	if !isIPv4(frame) {
		return frame
	}
	peer, from := standsFor(address(frame, sourceAt))
	to := address(frame, destinationAt)
	self := to
	switch {
	case to == selfAtLoopback:
		self = loopback
	case to == selfAtHome && home.IsValid():
		self = home
	}
	if !from && self == to {
		return frame
	}
	frame = append([]byte(nil), frame...)
	if from {
		replace(frame, sourceAt, peer)
	}
	if self != to {
		replace(frame, destinationAt, self)
	}
	return frame
}

// standIn is the address on the cable for one that begins with 127: 10.53.128.1
// for 127.0.0.1, 10.53.129.1 for 127.0.1.1.
func standIn(a netip.Addr) netip.Addr {
	b := a.As4()
	return netip.AddrFrom4([4]byte{10, 53, b[2] | 0x80, b[3]})
}

// standsFor is the address for which another stands in.
func standsFor(a netip.Addr) (netip.Addr, bool) {
	b := a.As4()
	if !network.Contains(a) || b[2]&0x80 == 0 || a == lastOf(network) {
		return a, false
	}
	return netip.AddrFrom4([4]byte{127, 0, b[2] &^ 0x80, b[3]}), true
}

func isIPv4(frame []byte) bool {
	return len(frame) >= ethernetHeader+20 && binary.BigEndian.Uint16(frame[12:]) == 0x0800
}

func address(frame []byte, at int) netip.Addr {
	return netip.AddrFrom4([4]byte(frame[at : at+4]))
}

// replace puts another address into an IPv4 packet.
func replace(frame []byte, at int, with netip.Addr) {
	old := [4]byte(frame[at : at+4])
	fresh := with.As4()
	copy(frame[at:], fresh[:])
	mend(frame, ethernetHeader+10, old, fresh)
	if fragment := binary.BigEndian.Uint16(frame[ethernetHeader+6:]) & 0x1fff; fragment != 0 {
		return
	}
	transport := ethernetHeader + int(frame[ethernetHeader]&0xf)*4
	switch frame[ethernetHeader+9] {
	case protocolTCP:
		mend(frame, transport+16, old, fresh)
	case protocolUDP:
		if at := transport + 6; at+2 <= len(frame) && binary.BigEndian.Uint16(frame[at:]) != 0 { // 0: has none
			mend(frame, at, old, fresh)
		}
	}
}

const (
	protocolICMP = 1
	protocolTCP  = 6
	protocolUDP  = 17
)

// mend corrects a checksum of which four bytes have changed: RFC 1624 §3.
func mend(frame []byte, at int, old, fresh [4]byte) {
	if at+2 > len(frame) {
		return
	}
	sum := uint32(^binary.BigEndian.Uint16(frame[at:]))
	for i := 0; i < 4; i += 2 {
		sum += uint32(^binary.BigEndian.Uint16(old[i:]))
		sum += uint32(binary.BigEndian.Uint16(fresh[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	binary.BigEndian.PutUint16(frame[at:], ^uint16(sum))
}
