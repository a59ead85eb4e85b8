package forward

import (
	"encoding/binary"
	"net/netip"
)

// ipv6 is a whole IPv6 packet whose header is known to be sound (RFC 8200 §3).
//
//	+-------+---------------+---------------------------------------+
//	|Version| Traffic Class |              Flow Label               |
//	+-------+-----------------------+---------------+---------------+
//	|        Payload Length         |  Next Header  |   Hop Limit   |
//	+-------------------------------+---------------+---------------+
//	|                   Source Address, 128 bits                    |
//	+---------------------------------------------------------------+
//	|                 Destination Address, 128 bits                 |
//	+---------------------------------------------------------------+
//
// There is no header checksum to keep right, and routers do not fragment:
// what they must do has become less than in IPv4 (the book's §4.3.4).
type ipv6 []byte

const (
	ipv6Header   = 40
	ipv6HopLimit = 7
	ipv6MinMTU   = 1280 // that every link carries (RFC 8200 §5)
)

func (p ipv6) src() netip.Addr { return netip.AddrFrom16([16]byte(p[8:24])) }
func (p ipv6) dst() netip.Addr { return netip.AddrFrom16([16]byte(p[24:40])) }

// checkIPv6 checks the version and the length, and cuts off what the link added.
func checkIPv6(b []byte) (ipv6, Reason) {
	if len(b) < ipv6Header || b[0]>>4 != 6 {
		return nil, Malformed
	}
	total := ipv6Header + int(binary.BigEndian.Uint16(b[4:]))
	if len(b) < total {
		return nil, Malformed
	}
	return ipv6(b[:total]), None
}

func (f *Forwarder) forwardIPv6(p *plane, in Arrival, b []byte) Decision {
	packet, reason := checkIPv6(b)
	if reason != None {
		return Decision{Reason: reason}
	}
	src, dst := packet.src(), packet.dst()
	if number, ours := p.local(in, dst); ours {
		return Decision{Verdict: Deliver, Out: number}
	}
	switch reason := p.mayForward(in, src, dst); {
	case reason == OutOfScope && !dst.IsLinkLocalUnicast():
		return f.tellIPv6(p, in, packet, OutOfScope, 0)
	case reason != None:
		return Decision{Reason: reason}
	}
	route, found := p.table.Lookup(dst)
	switch {
	case !found:
		return f.tellIPv6(p, in, packet, NoRoute, 0)
	case route.Prohibited:
		return f.tellIPv6(p, in, packet, Prohibited, 0)
	case packet[ipv6HopLimit] <= 1: // RFC 4443 §3.3
		return f.tellIPv6(p, in, packet, TimeExceeded, 0)
	}
	if mtu := p.interfaces[route.Out].MTU; len(packet) > mtu {
		return f.tellIPv6(p, in, packet, TooBig, mtu)
	}
	made := f.copy(packet)
	made[f.Headroom+ipv6HopLimit]--
	return Decision{Verdict: Send, Out: route.Out, NextHop: route.nextHop(dst), Packet: made}
}

// The extension headers that can stand before the transport's (RFC 8200 §4).
const (
	nextHopByHop    = 0
	nextRouting     = 43
	nextFragment    = 44
	nextDestination = 60
)

// upper finds the header above IPv6: its protocol and its bytes, which are
// none when they are in another fragment.
func (p ipv6) upper() (protocol byte, header []byte) {
	next, rest := p[6], []byte(p[ipv6Header:])
	for {
		n := 8
		switch next {
		case nextHopByHop, nextRouting, nextDestination:
			if len(rest) >= 2 {
				n = (int(rest[1]) + 1) * 8
			}
		case nextFragment:
			if len(rest) >= n && binary.BigEndian.Uint16(rest[2:])&^7 != 0 {
				return rest[0], nil
			}
		default:
			return next, rest
		}
		if len(rest) < n {
			return next, nil
		}
		next, rest = rest[0], rest[n:]
	}
}
