package forward

import (
	"encoding/binary"
	"net/netip"
)

// message is the type and code of an ICMP error.
type message struct{ kind, code byte }

// messages says in which words a sender is told why its packet was dropped:
// RFC 792 and RFC 1812 §5.2.7 for IPv4, RFC 4443 §3 for IPv6. Of what is
// not here nobody is told.
var messages = [reasons]struct{ v4, v6 message }{
	NoRoute:         {message{3, 0}, message{1, 0}},
	HostUnreachable: {message{3, 1}, message{1, 3}},
	Prohibited:      {message{3, 13}, message{1, 1}},
	TooBig:          {message{3, 4}, message{2, 0}},
	TimeExceeded:    {message{11, 0}, message{3, 0}},
	OutOfScope:      {message{}, message{1, 2}},
	TableFull:       {message{3, 13}, message{}},
}

const (
	icmpHeader = 8

	// An ICMP error quotes the packet that it is about: as much of it as
	// fits (RFC 1812 §4.3.2.3; for IPv6, into the MTU that every link has).
	icmpv4Longest = 576
	icmpv6Longest = ipv6MinMTU
)

// tellIPv4 drops a packet, and makes the ICMP error that tells its sender why
// (RFC 792), if it may be told. mtu is the next link's, for TooBig (RFC 1191 §4).
func (f *Forwarder) tellIPv4(p *plane, in Arrival, packet ipv4, reason Reason, mtu int) Decision {
	dropped := Decision{Reason: reason}
	if !packet.mayBeAnswered() {
		return dropped
	}
	to := packet.src()
	from, route, ok := f.wayBack(p, in, to)
	if !ok || p.leaks(route, from) {
		return dropped
	}
	quote := packet[:min(len(packet), icmpv4Longest-ipv4HeaderMin-icmpHeader)]
	made := make([]byte, f.Headroom+ipv4HeaderMin+icmpHeader+len(quote))

	header := ipv4(made[f.Headroom:])
	header[0] = 4<<4 | ipv4HeaderMin/4
	header[1] = packet[1]&0x1e | 0xc0 // precedence "internetwork control": RFC 1812 §4.3.2.5
	header.setLen()
	binary.BigEndian.PutUint16(header[4:], uint16(f.ident.Add(1)))
	header[ipv4TTL] = firstHopsToLive
	header[9] = protocolICMP
	*(*[4]byte)(header[12:]) = from.As4()
	*(*[4]byte)(header[16:]) = to.As4()
	header.setChecksum()

	body := header.payload()
	body[0], body[1] = messages[reason].v4.kind, messages[reason].v4.code
	binary.BigEndian.PutUint16(body[6:], uint16(min(mtu, 0xffff)))
	copy(body[icmpHeader:], quote)
	binary.BigEndian.PutUint16(body[2:], checksum(body, 0))

	d := f.fitIPv4(p, route, made)
	if d.Verdict == Drop {
		return dropped
	}
	d.Verdict, d.Reason = Answer, reason
	return d
}

// mayBeAnswered tells whether an error may be sent about this packet: not about
// an ICMP error, since two routers could go on for ever, and only about a
// packet's first fragment (RFC 1812 §4.3.2.7).
func (p ipv4) mayBeAnswered() bool {
	if p.flags()&ipv4OffsetMask != 0 {
		return false
	}
	if p.protocol() != protocolICMP {
		return true
	}
	body := p.payload()
	if len(body) == 0 {
		return false
	}
	switch body[0] {
	case 3, 4, 5, 11, 12: // unreachable, source quench, redirect, time exceeded, parameter problem
		return false
	}
	return true
}

// tellIPv6 is tellIPv4 for IPv6 (RFC 4443 §2.4 and §3).
func (f *Forwarder) tellIPv6(p *plane, in Arrival, packet ipv6, reason Reason, mtu int) Decision {
	dropped := Decision{Reason: reason}
	if !packet.mayBeAnswered() {
		return dropped
	}
	to := packet.src()
	from, route, ok := f.wayBack(p, in, to)
	if !ok {
		return dropped
	}
	quote := packet[:min(len(packet), icmpv6Longest-ipv6Header-icmpHeader)]
	made := make([]byte, f.Headroom+ipv6Header+icmpHeader+len(quote))

	header := ipv6(made[f.Headroom:])
	header[0] = 6 << 4
	binary.BigEndian.PutUint16(header[4:], uint16(icmpHeader+len(quote)))
	header[6] = protocolICMPv6
	header[ipv6HopLimit] = firstHopsToLive
	*(*[16]byte)(header[8:]) = from.As16()
	*(*[16]byte)(header[24:]) = to.As16()

	body := header[ipv6Header:]
	body[0], body[1] = messages[reason].v6.kind, messages[reason].v6.code
	binary.BigEndian.PutUint32(body[4:], uint32(mtu))
	copy(body[icmpHeader:], quote)
	binary.BigEndian.PutUint16(body[2:], checksum(body, header.pseudo()))
	return Decision{Verdict: Answer, Reason: reason, Out: route.Out, NextHop: route.nextHop(to), Packet: made}
}

// pseudo is the sum of the pseudo-header of an ICMPv6 message without extension
// headers before it (RFC 8200 §8.1).
func (p ipv6) pseudo() uint32 {
	addresses := ^checksum(p[8:40], 0)
	return uint32(addresses) + uint32(len(p)-ipv6Header) + protocolICMPv6
}

// mayBeAnswered is that of IPv4, for IPv6 (RFC 4443 §2.4 (e)). ICMPv6 has all
// its errors below 128; 137 is a redirect. What cannot be seen is not answered.
func (p ipv6) mayBeAnswered() bool {
	protocol, header := p.upper()
	if protocol != protocolICMPv6 {
		return true
	}
	return len(header) > 0 && header[0] >= 128 && header[0] != 137
}

// wayBack finds out whether and how an error can go to the sender of a packet:
// by which route, and from which of our addresses. Errors about what was sent
// to or by a group would be a storm, and those above the rate are not sent.
func (f *Forwarder) wayBack(p *plane, in Arrival, to netip.Addr) (from netip.Addr, route Route, ok bool) {
	if in.Group || !p.isOneOther(to) {
		return
	}
	if from, ok = p.speaker(in, to); !ok {
		return
	}
	if to.IsLinkLocalUnicast() { // it is on the link that it wrote from
		route = Route{Out: in.Interface}
	} else if route, ok = p.table.Lookup(to); !ok || route.Prohibited {
		return from, route, false
	}
	return from, route, f.errors.take(f.Clock)
}

// speaker is the address that an error comes from: the address of the
// interface by which the packet came, so that a traceroute shows the road that
// it took (RFC 1812 §4.3.2.4); a link-local address is used to answer its like.
func (p *plane) speaker(in Arrival, to netip.Addr) (netip.Addr, bool) {
	fits := func(a netip.Addr) bool {
		return a.Is4() == to.Is4() && a.IsLinkLocalUnicast() == to.IsLinkLocalUnicast()
	}
	for _, own := range p.interfaces[in.Interface].Addrs {
		if fits(own.Addr()) {
			return own.Addr(), true
		}
	}
	for _, nic := range p.interfaces {
		for _, own := range nic.Addrs {
			if fits(own.Addr()) && !to.IsLinkLocalUnicast() {
				return own.Addr(), true
			}
		}
	}
	return netip.Addr{}, false
}

// isOneOther tells whether a is the address of one node, which is not us.
func (p *plane) isOneOther(a netip.Addr) bool {
	_, own := p.own[a]
	_, group := p.broadcasts[a]
	return !own && !group && !martian(a)
}
