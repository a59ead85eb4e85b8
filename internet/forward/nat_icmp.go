package forward

import (
	"encoding/binary"
	"time"
)

// quote returns the packet that an ICMP error quotes, as much of it as there is:
// a whole header, and the ports. What is changed in it is changed in the error.
// Redirects and the like do not count: they are for the link that they are on.
func (p ipv4) quote() (quoted ipv4, ok bool) {
	body := p.payload()
	if p.protocol() != protocolICMP || p.flags()&(ipv4MF|ipv4OffsetMask) != 0 || len(body) < icmpHeader+ipv4HeaderMin {
		return nil, false
	}
	switch body[0] {
	case 3, 11, 12: // unreachable, time exceeded, parameter problem
	default:
		return nil, false
	}
	quoted = ipv4(body[icmpHeader:])
	head := quoted.headerLen()
	ok = quoted[0]>>4 == 4 && head >= ipv4HeaderMin && len(quoted) >= head+portsBytes && quoted.flags()&ipv4OffsetMask == 0
	return quoted, ok
}

// translateErrorIn translates an error about a packet that a host inside sent: it
// goes to that host, and quotes the packet as the host knows it (RFC 5508
// REQ-4). An error neither ends a session nor keeps it alive (REQ-6): anybody may
// send one.
func (n *nat) translateErrorIn(packet, quote ipv4, now time.Time) Reason {
	about, ok := quote.ports()
	s := n.table.incoming(about.reversed(), now)
	if !ok || s == nil || about.src.addr != [4]byte(packet[destinationAt:]) {
		return None // it is about a packet of the router's own
	}
	if !soundError(packet, quote) {
		return BadChecksum
	}
	quote.setEndpoint(sourceAt, s.mapping.inside)
	packet.setAddr(destinationAt, s.mapping.inside.addr)
	packet.sealICMP()
	return None
}

// translateErrorOut translates an error about a packet that came to a host inside,
// from the host or from a router on the way to it. Outside, it comes from the
// shared address, and quotes a packet to that address (RFC 5508 REQ-5).
func (n *nat) translateErrorOut(p *plane, packet, quote ipv4, now time.Time) Reason {
	about, ok := quote.ports()
	s := n.table.outgoing(about.reversed(), now)
	if !ok || s == nil || about.src.addr != [4]byte(packet[destinationAt:]) {
		return Untranslatable
	}
	if !soundError(packet, quote) {
		return BadChecksum
	}
	shared := p.outside.As4()
	quote.setEndpoint(destinationAt, endpoint{shared, s.mapping.port})
	packet.setAddr(sourceAt, shared)
	packet.sealICMP()
	return None
}

// soundError checks what is changed later on: a wrong checksum would be made right
// (RFC 5508 REQ-3).
func soundError(packet, quote ipv4) bool {
	return checksum(packet.payload(), 0) == 0 && checksum(quote[:quote.headerLen()], 0) == 0
}

// sealICMP computes the checksum of an ICMP message.
func (p ipv4) sealICMP() {
	body := p.payload()
	binary.BigEndian.PutUint16(body[2:], 0)
	binary.BigEndian.PutUint16(body[2:], checksum(body, 0))
}
