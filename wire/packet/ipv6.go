package packet

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	ipv6Header        = 40
	maxExtensions     = 16 // more than that nobody sends in earnest
	fragmentExtension = 8
)

// decodeIPv6 reads an IPv6 header and its extension headers (RFC 8200 §3, §4).
func (p *Packet) decodeIPv6() {
	ip := p.Data[p.network:]
	if len(ip) < ipv6Header {
		p.Faults |= Truncated
		return
	}
	if ip[0]>>4 != 6 {
		p.Faults |= Malformed
		return
	}
	p.end = p.network + ipv6Header + int(binary.BigEndian.Uint16(ip[4:]))
	if p.end > len(p.Data) {
		p.Faults |= Truncated
		p.end = len(p.Data)
	}
	p.Protocol = Protocol(ip[6])
	p.HopLimit = ip[7]
	p.From = netip.AddrFrom16([16]byte(ip[8:24]))
	p.To = netip.AddrFrom16([16]byte(ip[24:40]))
	p.transport = p.network + ipv6Header
	for range maxExtensions {
		length, ok := extension(p.Protocol, p.Data[p.transport:p.end])
		if !ok {
			break
		}
		if length == 0 || p.transport+length > p.end {
			p.Faults |= Truncated
			p.transport = 0
			return
		}
		header := p.Data[p.transport:]
		if p.Protocol == fragmented {
			cut := binary.BigEndian.Uint16(header[2:])
			p.Fragments = Fragment{
				ID: binary.BigEndian.Uint32(header[4:]), Offset: int(cut &^ 7), More: cut&1 != 0,
			}
		}
		p.Protocol = Protocol(header[0])
		p.transport += length
		if p.Fragments.Offset > 0 {
			break // what follows is the middle of something
		}
	}
	p.decodeTransport()
}

// extension is the length of an extension header, 0 when it is not all there;
// ok is false when the protocol is none.
func extension(next Protocol, b []byte) (length int, ok bool) {
	switch next {
	case hopByHop, routing, destOpts:
		if len(b) < 8 {
			return 0, true
		}
		return 8 + int(b[1])*8, true
	case fragmented:
		if len(b) < fragmentExtension {
			return 0, true
		}
		return fragmentExtension, true
	}
	return 0, false
}

func ipv6Fields(p *Packet) []dissect.Field {
	b := builder{data: p.Data, base: p.network}
	b.bits("Version", "ipv6.version", 0, 0, 4, nil)
	b.bits("Traffic Class", "ipv6.trafficclass", 0, 4, 8, hex("0x%02x"))
	b.bits("Flow Label", "ipv6.flowlabel", 1, 4, 20, hex("0x%05x"))
	b.uint("Payload Length", "ipv6.length", 4, 2, nil)
	b.uint("Next Header", "ipv6.nextheader", 6, 1, protocolName)
	b.uint("Hop Limit", "ipv6.hoplimit", 7, 1, nil)
	b.addr("Source Address", "ipv6.src", 8, 16)
	b.addr("Destination Address", "ipv6.dst", 24, 16)
	layers := []dissect.Field{b.layer("Internet Protocol Version 6", "ipv6", p.network, p.network+ipv6Header)}

	at, next := p.network+ipv6Header, Protocol(p.Data[p.network+6])
	for range maxExtensions {
		length, ok := extension(next, p.Data[min(at, p.end):p.end])
		if !ok || length == 0 || at+length > p.end {
			break
		}
		layers = append(layers, extensionFields(p.Data, at, length, next))
		first := next != fragmented || binary.BigEndian.Uint16(p.Data[at+2:])&^7 == 0
		next, at = Protocol(p.Data[at]), at+length
		if !first {
			break
		}
	}
	return layers
}

func extensionFields(data []byte, at, length int, kind Protocol) dissect.Field {
	b := builder{data: data, base: at}
	b.uint("Next Header", "ipv6.nextheader", 0, 1, protocolName)
	name := fmt.Sprintf("IPv6 %s Header", protocolNames[uint64(kind)])
	if kind == fragmented {
		b.bits("Fragment Offset", "ipv6.fragment", 2, 0, 13, func(v uint64) string {
			return fmt.Sprintf("%d (byte %d)", v, v*8)
		})
		b.bits("More Fragments", "ipv6.fragment", 2, 15, 1, flag)
		b.uint("Identification", "ipv6.fragment", 4, 4, hex("0x%08x"))
		return b.layer(name, "ipv6.fragment", at, at+length)
	}
	b.uint("Header Extension Length", "ipv6.extension", 1, 1, func(v uint64) string {
		return fmt.Sprintf("%d (%d bytes)", v, 8+v*8)
	})
	return b.layer(name, "ipv6.extension", at, at+length)
}
