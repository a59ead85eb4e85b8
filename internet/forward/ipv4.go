package forward

import (
	"encoding/binary"
	"net/netip"
)

// ipv4 is a whole IPv4 packet whose header is known to be sound (RFC 791 §3.1).
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-------+-------+---------------+-------------------------------+
//	|Version|  IHL  |Type of Service|          Total Length         |
//	+-------+-------+---------------+-----+-------------------------+
//	|         Identification        |Flags|      Fragment Offset    |
//	+---------------+---------------+-----+-------------------------+
//	|  Time to Live |    Protocol   |         Header Checksum       |
//	+---------------+---------------+-------------------------------+
//	|                         Source Address                        |
//	+---------------------------------------------------------------+
//	|                       Destination Address                     |
//	+---------------------------------------------------------------+
type ipv4 []byte

const (
	ipv4HeaderMin   = 20
	ipv4TTL         = 8
	ipv4Checksum    = 10
	ipv4Flags       = 6
	ipv4DF          = 0x4000
	ipv4MF          = 0x2000
	ipv4OffsetMask  = 0x1fff
	protocolICMP    = 1
	protocolICMPv6  = 58
	firstHopsToLive = 64 // the TTL that we give our own packets (RFC 1700)
)

func (p ipv4) headerLen() int    { return int(p[0]&0x0f) * 4 }
func (p ipv4) flags() uint16     { return binary.BigEndian.Uint16(p[ipv4Flags:]) }
func (p ipv4) protocol() byte    { return p[9] }
func (p ipv4) src() netip.Addr   { return netip.AddrFrom4([4]byte(p[12:16])) }
func (p ipv4) dst() netip.Addr   { return netip.AddrFrom4([4]byte(p[16:20])) }
func (p ipv4) payload() []byte   { return p[p.headerLen():] }
func (p ipv4) setLen()           { binary.BigEndian.PutUint16(p[2:], uint16(len(p))) }
func (p ipv4) setFlags(f uint16) { binary.BigEndian.PutUint16(p[ipv4Flags:], f) }

// setChecksum computes the header's checksum from all of it.
func (p ipv4) setChecksum() {
	binary.BigEndian.PutUint16(p[ipv4Checksum:], 0)
	binary.BigEndian.PutUint16(p[ipv4Checksum:], checksum(p[:p.headerLen()], 0))
}

// checkIPv4 makes the checks of RFC 1812 §5.2.2, and cuts off what the link
// added: Ethernet fills short packets up to 46 bytes.
func checkIPv4(b []byte) (ipv4, Reason) {
	if len(b) < ipv4HeaderMin || b[0]>>4 != 4 {
		return nil, Malformed
	}
	header, total := int(b[0]&0x0f)*4, int(binary.BigEndian.Uint16(b[2:]))
	if header < ipv4HeaderMin || total < header || len(b) < total {
		return nil, Malformed
	}
	if checksum(b[:header], 0) != 0 {
		return nil, BadChecksum
	}
	return ipv4(b[:total]), None
}

func (f *Forwarder) forwardIPv4(p *plane, in Arrival, b []byte) Decision {
	came, reason := checkIPv4(b)
	if reason != None {
		return Decision{Reason: reason}
	}
	packet, made := came, []byte(nil)
	if p.nat != nil {
		if made, reason = f.inward(p, in, came); reason != None {
			return Decision{Reason: reason}
		}
	}
	translated := made != nil
	if translated {
		packet = ipv4(made[f.Headroom:])
	}
	src, dst := packet.src(), packet.dst()
	if number, ours := p.local(in, dst); ours {
		if translated {
			return Decision{Reason: Untranslatable} // the stack knows only packets as they came
		}
		return Decision{Verdict: Deliver, Out: number}
	}
	if reason := p.mayForward(in, src, dst); reason != None {
		return Decision{Reason: reason}
	}
	route, found := p.table.Lookup(dst)
	switch {
	case !found:
		return f.tellIPv4(p, in, came, NoRoute, 0)
	case route.Prohibited:
		return f.tellIPv4(p, in, came, Prohibited, 0)
	case packet[ipv4TTL] <= 1: // RFC 1812 §5.3.1
		return f.tellIPv4(p, in, came, TimeExceeded, 0)
	}
	if !translated {
		made = f.copy(came)
	}
	if p.nat != nil {
		made, reason = f.cross(p, in, route, made, translated)
		switch reason {
		case None:
		case TableFull:
			return f.tellIPv4(p, in, came, TableFull, 0)
		default:
			return Decision{Reason: reason}
		}
	}
	ageIPv4(made[f.Headroom:])
	d := f.fitIPv4(p, route, made)
	if d.Verdict == Drop {
		return f.tellIPv4(p, in, came, TooBig, p.interfaces[route.Out].MTU)
	}
	return d
}

// ageIPv4 takes one from the time to live, and keeps the checksum right.
func ageIPv4(p ipv4) {
	was := binary.BigEndian.Uint16(p[ipv4TTL:]) // the TTL and the protocol are one word
	is := was - 0x100
	sum := binary.BigEndian.Uint16(p[ipv4Checksum:])
	binary.BigEndian.PutUint16(p[ipv4TTL:], is)
	binary.BigEndian.PutUint16(p[ipv4Checksum:], updated(sum, was, is))
}

// fitIPv4 fits a packet, which has headroom before it, to the link that its route
// leads to: it is cut into fragments when need be. When it must not be cut, the
// verdict is Drop.
func (f *Forwarder) fitIPv4(p *plane, route Route, made []byte) Decision {
	packet := ipv4(made[f.Headroom:])
	d := Decision{Verdict: Send, Out: route.Out, NextHop: route.nextHop(packet.dst()), Packet: made}
	mtu := p.interfaces[route.Out].MTU
	if len(packet) <= mtu {
		return d
	}
	if packet.flags()&ipv4DF != 0 {
		return Decision{Reason: TooBig}
	}
	fragments := f.fragment(packet, mtu)
	if fragments == nil {
		return Decision{Reason: TooBig}
	}
	d.Packet, d.Rest = fragments[0], fragments[1:]
	return d
}

// copy returns a copy of a packet, with room for the link's header before it.
func (f *Forwarder) copy(packet []byte) []byte {
	made := make([]byte, f.Headroom+len(packet))
	copy(made[f.Headroom:], packet)
	return made
}
