package packet

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// MAC is a card's address.
type MAC [6]byte

// String writes it with colons.
func (m MAC) String() string { return net.HardwareAddr(m[:]).String() }

// Group reports whether the address means more than one card: multicast or
// broadcast (IEEE 802 calls it the I/G bit).
func (m MAC) Group() bool { return m[0]&1 != 0 }

// EtherType is what an Ethernet frame carries.
type EtherType uint16

// The EtherTypes that are read.
const (
	TypeIPv4 EtherType = 0x0800
	TypeARP  EtherType = 0x0806
	TypeVLAN EtherType = 0x8100
	TypeIPv6 EtherType = 0x86dd
)

// Protocol is what an IP packet carries.
type Protocol uint8

// The protocol numbers that are read.
const (
	ICMP       Protocol = 1
	TCP        Protocol = 6
	UDP        Protocol = 17
	ICMPv6     Protocol = 58
	hopByHop   Protocol = 0
	routing    Protocol = 43
	fragmented Protocol = 44
	destOpts   Protocol = 60
)

// Flags are TCP's control bits (RFC 9293 §3.1).
type Flags uint8

// The control bits.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// Fault is what is wrong with a packet, as a set of flags.
type Fault uint8

// The faults.
const (
	Truncated            Fault = 1 << iota // a length in a header goes past the end
	BadHeaderChecksum                      // the IPv4 header's
	BadTransportChecksum                   // that of TCP, UDP or ICMP
	Malformed                              // a header contradicts itself
)

// Packet is what is needed of every frame. The zero value has read nothing.
type Packet struct {
	Data                []byte // the frame
	Source, Destination MAC
	Type                EtherType // what the innermost Ethernet header announces

	From, To  netip.Addr // of IP, or the protocol addresses of ARP
	Protocol  Protocol   // of the transport, whether or not the packet has its header
	HopLimit  uint8      // IPv4's TTL
	Fragments Fragment
	Faults    Fault

	FromPort, ToPort uint16
	Seq, Ack         uint32
	Flags            Flags
	Window           uint16 // as it stands in the header, not scaled
	ICMPType         uint8
	ICMPCode         uint8
	ICMPRest         uint32 // the four bytes after the checksum: echo's identifier and number
	ARPOp            uint16

	network, transport, payload, end int // where these start in Data; 0: not there
}

// Fragment is a packet's place in the one that was cut (RFC 791 §2.3).
type Fragment struct {
	ID     uint32
	Offset int // in bytes
	More   bool
}

// Part reports whether the packet is not whole.
func (f Fragment) Part() bool { return f.More || f.Offset > 0 }

// Decode reads the frame's headers into p. It never fails: what is not there
// or cannot be read stays zero, and Faults says so.
func (p *Packet) Decode(data []byte) {
	*p = Packet{Data: data}
	if len(data) < ethernetHeader {
		p.Faults |= Truncated
		return
	}
	copy(p.Destination[:], data[0:6])
	copy(p.Source[:], data[6:12])
	p.Type = EtherType(binary.BigEndian.Uint16(data[12:]))
	at := ethernetHeader
	for p.Type == TypeVLAN && len(data) >= at+4 {
		p.Type = EtherType(binary.BigEndian.Uint16(data[at+2:]))
		at += 4
	}
	p.network = at
	switch p.Type {
	case TypeARP:
		p.decodeARP()
	case TypeIPv4:
		p.decodeIPv4()
	case TypeIPv6:
		p.decodeIPv6()
	}
}

// DecodeIP reads a packet that has no Ethernet header, as an ICMP error quotes
// it: cut short, so that lengths past the end are no fault.
func (p *Packet) DecodeIP(data []byte) {
	*p = Packet{Data: data}
	if len(data) == 0 {
		return
	}
	switch data[0] >> 4 {
	case 4:
		p.Type = TypeIPv4
		p.decodeIPv4()
	case 6:
		p.Type = TypeIPv6
		p.decodeIPv6()
	}
	p.Faults = 0
}

// Payload is what the transport carries, or IP if that is a fragment or
// something unknown.
func (p *Packet) Payload() []byte {
	if p.payload == 0 || p.payload > p.end {
		return nil
	}
	return p.Data[p.payload:p.end:p.end]
}

// PayloadOffset is where Payload starts in Data.
func (p *Packet) PayloadOffset() int { return p.payload }

// Segment is the transport's header and payload.
func (p *Packet) Segment() []byte {
	if p.transport == 0 || p.transport > p.end {
		return nil
	}
	return p.Data[p.transport:p.end:p.end]
}

// Ends are who sends it and to whom; the ports are 0 where there are none.
func (p *Packet) Ends() (from, to netip.AddrPort) {
	return netip.AddrPortFrom(p.From, p.FromPort), netip.AddrPortFrom(p.To, p.ToPort)
}

// IP reports whether it is an IP packet whose addresses were read.
func (p *Packet) IP() bool { return p.From.IsValid() && p.Type != TypeARP }

// Has reports whether the packet has the whole header of that transport.
func (p *Packet) Has(t Protocol) bool {
	return p.Protocol == t && p.payload > p.transport && p.transport > 0 && p.Fragments.Offset == 0
}

// Quoted is the packet that an ICMP error is about (RFC 792, RFC 4443 §2.4).
func (p *Packet) Quoted() (q Packet, ok bool) {
	if !p.Has(ICMP) && !p.Has(ICMPv6) || !p.icmpError() {
		return q, false
	}
	q.DecodeIP(p.Payload())
	return q, q.IP()
}

func (p *Packet) decodeTransport() {
	segment := p.Data[p.transport:p.end]
	p.payload = p.transport
	if p.Fragments.Offset > 0 {
		return // only the first has the header
	}
	if (p.Protocol == TCP || p.Protocol == UDP) && len(segment) >= 4 {
		p.FromPort = binary.BigEndian.Uint16(segment[0:])
		p.ToPort = binary.BigEndian.Uint16(segment[2:])
	}
	switch {
	case p.Protocol == TCP && len(segment) >= tcpHeader:
		p.decodeTCP(segment)
	case p.Protocol == UDP && len(segment) >= udpHeader:
		p.decodeUDP(segment)
	case (p.Protocol == ICMP || p.Protocol == ICMPv6) && len(segment) >= icmpHeader:
		p.ICMPType, p.ICMPCode = segment[0], segment[1]
		p.ICMPRest = binary.BigEndian.Uint32(segment[4:])
		p.payload += icmpHeader
	case p.Protocol == TCP || p.Protocol == UDP || p.Protocol == ICMP || p.Protocol == ICMPv6:
		p.Faults |= Truncated
		return
	default:
		return
	}
	if !p.Fragments.Part() && !p.transportSumGood() {
		p.Faults |= BadTransportChecksum
	}
}

// NetworkOffset is where IP's or ARP's header starts in Data.
func (p *Packet) NetworkOffset() int { return p.network }

// TransportOffset is where Segment starts in Data; for ARP, its own header.
func (p *Packet) TransportOffset() int {
	if p.Type == TypeARP {
		return p.network
	}
	return p.transport
}
