package packet

import (
	"fmt"
	"net/netip"

	"github.com/wirebook/wirebook/wire/dissect"
)

const icmpHeader = 8

// ICMP types (RFC 792).
const (
	EchoReply        = 0
	Unreachable      = 3
	SourceQuench     = 4
	Redirect         = 5
	EchoRequest      = 8
	TimeExceeded     = 11
	ParameterProblem = 12
)

// ICMPv6 types (RFC 4443, RFC 4861, RFC 3810).
const (
	UnreachableV6         = 1
	PacketTooBig          = 2
	TimeExceededV6        = 3
	ParameterProblemV6    = 4
	EchoRequestV6         = 128
	EchoReplyV6           = 129
	RouterSolicitation    = 133
	RouterAdvertisement   = 134
	NeighborSolicitation  = 135
	NeighborAdvertisement = 136
	RedirectV6            = 137
	ListenerReportV2      = 143
)

// Echo reports whether it is a ping or its reply.
func (p *Packet) Echo() (request, reply bool) {
	switch {
	case p.Has(ICMP):
		return p.ICMPType == EchoRequest, p.ICMPType == EchoReply
	case p.Has(ICMPv6):
		return p.ICMPType == EchoRequestV6, p.ICMPType == EchoReplyV6
	}
	return false, false
}

// icmpError reports whether the message quotes the packet that it is about.
func (p *Packet) icmpError() bool {
	if p.Protocol == ICMPv6 {
		return p.ICMPType < 128
	}
	switch p.ICMPType {
	case Unreachable, SourceQuench, Redirect, TimeExceeded, ParameterProblem:
		return true
	}
	return false
}

// Target is the address that a neighbour solicitation or advertisement is
// about (RFC 4861 §4.3).
func (p *Packet) Target() netip.Addr {
	if !p.Has(ICMPv6) || p.ICMPType != NeighborSolicitation && p.ICMPType != NeighborAdvertisement || len(p.Payload()) < 16 {
		return netip.Addr{}
	}
	return netip.AddrFrom16([16]byte(p.Payload()[:16]))
}

var icmpTypes = map[uint64]string{
	0: "Echo Reply", 3: "Destination Unreachable", 4: "Source Quench", 5: "Redirect", 8: "Echo Request",
	11: "Time Exceeded", 12: "Parameter Problem",
}

var icmpv6Types = map[uint64]string{
	1: "Destination Unreachable", 2: "Packet Too Big", 3: "Time Exceeded", 4: "Parameter Problem",
	128: "Echo Request", 129: "Echo Reply", 133: "Router Solicitation", 134: "Router Advertisement",
	135: "Neighbor Solicitation", 136: "Neighbor Advertisement", 137: "Redirect", 143: "Multicast Listener Report",
}

var unreachableCodes = map[uint64]string{
	0: "network unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable",
	4: "fragmentation needed", 5: "source route failed", 9: "network prohibited", 10: "host prohibited",
	13: "communication prohibited",
}

var unreachableV6Codes = map[uint64]string{
	0: "no route", 1: "prohibited", 2: "beyond scope", 3: "address unreachable", 4: "port unreachable",
	5: "source address failed policy", 6: "route rejected",
}

var exceededCodes = map[uint64]string{0: "TTL exceeded in transit", 1: "fragment reassembly time exceeded"}

// IPv6 has no TTL (RFC 4443 §3.3).
var exceededV6Codes = map[uint64]string{0: "hop limit exceeded in transit", 1: "fragment reassembly time exceeded"}

// icmpNames are the names of the type and of the code, if it has one.
func (p *Packet) icmpNames() (kind, code string) {
	t, c := uint64(p.ICMPType), uint64(p.ICMPCode)
	if p.Protocol == ICMPv6 {
		kind = icmpv6Types[t]
		switch p.ICMPType {
		case UnreachableV6:
			code = unreachableV6Codes[c]
		case TimeExceededV6:
			code = exceededV6Codes[c]
		}
	} else {
		kind = icmpTypes[t]
		switch p.ICMPType {
		case Unreachable:
			code = unreachableCodes[c]
		case TimeExceeded:
			code = exceededCodes[c]
		}
	}
	if kind == "" {
		kind = fmt.Sprintf("Type %d", t)
	}
	return kind, code
}

func icmpFields(p *Packet) dissect.Field {
	b := builder{data: p.Data, base: p.transport}
	name, layer, initial := "Internet Control Message Protocol", "icmp", uint32(0)
	s := p.Segment()
	if p.Protocol == ICMPv6 {
		name, layer, initial = "Internet Control Message Protocol v6", "icmpv6", p.pseudo(len(s))
	}
	kind, code := p.icmpNames()
	b.uint("Type", "icmp.type", 0, 1, func(v uint64) string { return fmt.Sprintf("%d (%s)", v, kind) })
	b.uint("Code", "icmp.code", 1, 1, func(v uint64) string {
		if code == "" {
			return fmt.Sprint(v)
		}
		return fmt.Sprintf("%d (%s)", v, code)
	})
	b.checksum("icmp.checksum", 2, p.Faults&BadTransportChecksum == 0, wanted(s, 2, initial))
	request, reply := p.Echo()
	target := p.Target()
	switch {
	case request || reply:
		b.uint("Identifier", "icmp.id", 4, 2, nil)
		b.uint("Sequence Number", "icmp.seq", 6, 2, nil)
		b.add("Data", "layer.application", 8, len(p.Payload()), fmt.Sprintf("%d bytes", len(p.Payload())))
	case p.icmpError():
		p.errorFields(&b)
	case target.IsValid():
		if p.ICMPType == NeighborAdvertisement {
			b.bits("Router", "ipv6.nd", 4, 0, 1, flag)
			b.bits("Solicited", "ipv6.nd", 4, 1, 1, flag)
			b.bits("Override", "ipv6.nd", 4, 2, 1, flag)
		}
		b.addr("Target Address", "ipv6.nd", 8, 16)
		ndpOptions(&b, 24, len(s))
	case p.Protocol == ICMPv6 && p.ICMPType == RouterSolicitation:
		ndpOptions(&b, 8, len(s))
	case p.Protocol == ICMPv6 && p.ICMPType == RouterAdvertisement:
		b.uint("Cur Hop Limit", "ipv6.nd", 4, 1, nil)
		b.uint("Router Lifetime", "ipv6.nd", 6, 2, func(v uint64) string { return fmt.Sprintf("%d s", v) })
		ndpOptions(&b, 16, len(s))
	default:
		b.add("Data", "layer.application", 8, len(p.Payload()), fmt.Sprintf("%d bytes", len(p.Payload())))
	}
	return b.layer(name, layer, p.transport, p.end)
}

// errorFields are an ICMP error's, with the packet that it quotes.
func (p *Packet) errorFields(b *builder) {
	switch {
	case p.Protocol == ICMPv6 && p.ICMPType == PacketTooBig:
		b.uint("MTU", "icmp.mtu", 4, 4, nil)
	case p.Protocol == ICMP && p.ICMPType == Unreachable && p.ICMPCode == 4:
		b.uint("Next-Hop MTU", "icmp.mtu", 6, 2, nil)
	case p.Protocol == ICMP && p.ICMPType == Redirect:
		b.addr("Gateway", "icmp.redirect", 4, 4)
	}
	q, ok := p.Quoted()
	if !ok {
		return
	}
	f := b.add("Original Packet", "icmp.original", 8, len(p.Payload()), q.Summary(Relative{}))
	f.Children = q.ipLayers()
	dissect.Shift(f.Children, p.payload)
}

// ndpOptions are those of neighbour discovery (RFC 4861 §4.6).
func ndpOptions(b *builder, from, to int) {
	for at := from; at+2 <= to; {
		o := b.at(at, 2)
		if o == nil || o[1] == 0 || at+int(o[1])*8 > to {
			return
		}
		length := int(o[1]) * 8
		v := b.at(at, length)
		if v == nil {
			return
		}
		switch o[0] {
		case 1, 2:
			name := "Source Link-Layer Address"
			if o[0] == 2 {
				name = "Target Link-Layer Address"
			}
			b.add(name, "ipv6.nd", at, length, MAC(v[2:8]).String())
		case 3:
			if prefix, ok := netip.AddrFromSlice(v[min(16, len(v)):]); ok {
				b.add("Prefix Information", "ipv6.nd", at, length, fmt.Sprintf("%s/%d", prefix, v[2]))
			}
		case 5:
			b.add("MTU", "ipv6.nd", at, length, fmt.Sprint(number(v[4:8])))
		default:
			b.add(fmt.Sprintf("Option %d", o[0]), "ipv6.nd", at, length, fmt.Sprintf("%d bytes", length))
		}
		at += length
	}
}
