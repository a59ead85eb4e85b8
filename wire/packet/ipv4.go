package packet

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/wirebook/wirebook/wire/dissect"
)

const ipv4Header = 20

// decodeIPv4 reads an IPv4 header (RFC 791 §3.1).
func (p *Packet) decodeIPv4() {
	ip := p.Data[p.network:]
	if len(ip) < ipv4Header {
		p.Faults |= Truncated
		return
	}
	header, total := int(ip[0]&15)*4, int(binary.BigEndian.Uint16(ip[2:]))
	if ip[0]>>4 != 4 || header < ipv4Header || total < header {
		p.Faults |= Malformed
		return
	}
	if total > len(ip) {
		p.Faults |= Truncated
		total = len(ip)
	}
	if header > total {
		p.Faults |= Truncated
		return
	}
	if Sum(ip[:header], 0) != 0xffff {
		p.Faults |= BadHeaderChecksum
	}
	cut := binary.BigEndian.Uint16(ip[6:])
	p.Fragments = Fragment{
		ID:     uint32(binary.BigEndian.Uint16(ip[4:])),
		More:   cut&0x2000 != 0,
		Offset: int(cut&0x1fff) * 8,
	}
	p.HopLimit = ip[8]
	p.Protocol = Protocol(ip[9])
	p.From = netip.AddrFrom4([4]byte(ip[12:16]))
	p.To = netip.AddrFrom4([4]byte(ip[16:20]))
	p.transport = p.network + header
	p.end = p.network + total
	p.decodeTransport()
}

func ipv4Fields(p *Packet) dissect.Field {
	b := builder{data: p.Data, base: p.network}
	header := int(p.Data[p.network]&15) * 4
	b.bits("Version", "ipv4.version", 0, 0, 4, nil)
	b.bits("Header Length", "ipv4.ihl", 0, 4, 4, func(v uint64) string {
		return fmt.Sprintf("%d (%d bytes)", v, v*4)
	})
	b.bits("DSCP", "ipv4.dscp", 1, 0, 6, nil)
	b.bits("ECN", "ipv4.ecn", 1, 6, 2, nil)
	b.uint("Total Length", "ipv4.length", 2, 2, nil)
	b.uint("Identification", "ipv4.id", 4, 2, hex("0x%04x"))
	b.bits("Don't Fragment", "ipv4.df", 6, 1, 1, flag)
	b.bits("More Fragments", "ipv4.mf", 6, 2, 1, flag)
	b.bits("Fragment Offset", "ipv4.fragoffset", 6, 3, 13, func(v uint64) string {
		return fmt.Sprintf("%d (byte %d)", v, v*8)
	})
	b.uint("Time to Live", "ipv4.ttl", 8, 1, nil)
	b.uint("Protocol", "ipv4.protocol", 9, 1, protocolName)
	if ip := b.at(0, header); len(ip) >= ipv4Header {
		b.checksum("ipv4.checksum", 10, p.Faults&BadHeaderChecksum == 0, wanted(ip, 10, 0))
	}
	b.addr("Source Address", "ipv4.src", 12, 4)
	b.addr("Destination Address", "ipv4.dst", 16, 4)
	if header > ipv4Header {
		ipv4Options(&b, header)
	}
	return b.layer("Internet Protocol Version 4", "ipv4", p.network, p.network+max(header, ipv4Header))
}

var ipv4OptionNames = map[byte]string{
	0: "End of Option List", 1: "No Operation", 7: "Record Route", 68: "Timestamp",
	131: "Loose Source Route", 137: "Strict Source Route", 148: "Router Alert",
}

func ipv4Options(b *builder, header int) {
	walkOptions(b, ipv4Header, header, "ipv4.options", func(kind byte, at, length int) {
		name, ok := ipv4OptionNames[kind]
		if !ok {
			name = fmt.Sprintf("Option %d", kind)
		}
		b.add(name, "ipv4.options", at, length, fmt.Sprintf("%d bytes", length))
	})
}

// walkOptions goes through a list of options of the form kind, length, data,
// in which kinds 0 and 1 are single bytes: IPv4's and TCP's.
func walkOptions(b *builder, from, to int, key string, each func(kind byte, at, length int)) {
	outer := b.fields
	b.fields = nil
	for at := from; at < to; {
		o := b.at(at, 1)
		if o == nil {
			break
		}
		length := 1
		if o[0] > 1 {
			l := b.at(at+1, 1)
			if l == nil || l[0] < 2 || at+int(l[0]) > to {
				break
			}
			length = int(l[0])
		}
		each(o[0], at, length)
		at += length
		if o[0] == 0 {
			break
		}
	}
	options := b.fields
	b.fields = outer
	f := b.add("Options", key, from, to-from, fmt.Sprintf("%d bytes", to-from))
	f.Children = options
}

var protocolNames = map[uint64]string{
	0: "Hop-by-Hop Options", 1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 43: "Routing", 44: "Fragment",
	58: "ICMPv6", 59: "No Next Header", 60: "Destination Options",
}

func protocolName(v uint64) string { return named(v, "%d", protocolNames) }
