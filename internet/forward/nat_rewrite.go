package forward

import (
	"encoding/binary"
)

// Where the addresses are in an IPv4 header.
const (
	sourceAt      = 12
	destinationAt = 16
)

// setAddr changes an address and keeps the header's checksum right.
func (p ipv4) setAddr(at int, addr [4]byte) {
	sum := binary.BigEndian.Uint16(p[ipv4Checksum:])
	binary.BigEndian.PutUint16(p[ipv4Checksum:], amended(sum, p[at:at+4], addr[:]))
	copy(p[at:], addr[:])
}

// setEndpoint changes an address and the port, or identifier, that goes with it.
// The transport's checksum is amended and not computed: it stays right, or as
// wrong as it came, so that damage is still found where the packet ends. Of a
// packet that an ICMP error quotes the checksum may be cut off.
func (p ipv4) setEndpoint(at int, e endpoint) {
	b, was := p.payload(), [4]byte(p[at:at+4])
	p.setAddr(at, e.addr)
	portAt, sumAt := 0, tcpChecksum
	if at == destinationAt {
		portAt = 2
	}
	switch Protocol(p.protocol()) {
	case UDP:
		sumAt = 6
	case ICMP:
		portAt, sumAt = 4, 2
	}
	port := binary.BigEndian.Uint16(b[portAt:])
	binary.BigEndian.PutUint16(b[portAt:], e.port)
	if len(b) < sumAt+2 {
		return
	}
	sum := binary.BigEndian.Uint16(b[sumAt:])
	udp := Protocol(p.protocol()) == UDP
	if udp && sum == 0 {
		return // its sender did not compute one (RFC 768)
	}
	sum = updated(sum, port, e.port)
	if Protocol(p.protocol()) != ICMP { // whose checksum has no pseudo-header
		sum = amended(sum, was[:], e.addr[:])
	}
	if udp && sum == 0 {
		sum = 0xffff // the other zero, since this one says that there is no checksum
	}
	binary.BigEndian.PutUint16(b[sumAt:], sum)
}

// amended is the checksum after some 16-bit words under it changed (RFC 1624).
func amended(sum uint16, was, is []byte) uint16 {
	for i := 0; i+2 <= len(was); i += 2 {
		sum = updated(sum, binary.BigEndian.Uint16(was[i:]), binary.BigEndian.Uint16(is[i:]))
	}
	return sum
}

// setNumber changes a sequence or acknowledgment number of a TCP segment.
func setNumber(segment []byte, at int, n uint32) {
	var is [4]byte
	binary.BigEndian.PutUint32(is[:], n)
	sum := binary.BigEndian.Uint16(segment[tcpChecksum:])
	binary.BigEndian.PutUint16(segment[tcpChecksum:], amended(sum, segment[at:at+4], is[:]))
	copy(segment[at:], is[:])
}

// transportSum is the checksum of a whole packet's TCP segment with its
// pseudo-header (RFC 9293 §3.1): zero if the one in it is right.
func (p ipv4) transportSum() uint16 {
	addresses := ^checksum(p[sourceAt:destinationAt+4], 0)
	return checksum(p.payload(), uint32(addresses)+uint32(p.protocol())+uint32(len(p.payload())))
}
