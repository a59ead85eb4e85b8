package packet

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	ethernetHeader = 14
	arpPacket      = 28 // for Ethernet and IPv4, the only one there is
)

// ARP's operations (RFC 826).
const (
	ARPRequest = 1
	ARPReply   = 2
)

func (p *Packet) decodeARP() {
	arp := p.Data[p.network:]
	if len(arp) < arpPacket {
		p.Faults |= Truncated
		return
	}
	if binary.BigEndian.Uint32(arp) != 0x00010800 || arp[4] != 6 || arp[5] != 4 {
		return // other hardware, or another protocol
	}
	p.ARPOp = binary.BigEndian.Uint16(arp[6:])
	p.From = netip.AddrFrom4([4]byte(arp[14:18]))
	p.To = netip.AddrFrom4([4]byte(arp[24:28]))
	p.end = p.network + arpPacket
}

func ethernetFields(data []byte) dissect.Field {
	b := builder{data: data}
	b.mac("Destination", "ethernet.dst", 0)
	b.mac("Source", "ethernet.src", 6)
	at := 12
	for at+6 <= len(data) && binary.BigEndian.Uint16(data[at:]) == uint16(TypeVLAN) {
		b.add("802.1Q Tag", "ethernet.vlan", at, 4, fmt.Sprintf("VLAN %d", binary.BigEndian.Uint16(data[at+2:])&0xfff))
		at += 4
	}
	b.uint("Type", "ethernet.type", at, 2, func(v uint64) string {
		return named(v, "0x%04x", etherTypes)
	})
	return b.layer("Ethernet II", "ethernet", 0, at+2)
}

var etherTypes = map[uint64]string{0x0800: "IPv4", 0x0806: "ARP", 0x86dd: "IPv6", 0x8100: "802.1Q"}

func arpFields(data []byte, at int) dissect.Field {
	b := builder{data: data, base: at}
	b.uint("Hardware Type", "arp.htype", 0, 2, func(v uint64) string {
		return named(v, "%d", map[uint64]string{1: "Ethernet"})
	})
	b.uint("Protocol Type", "arp.ptype", 2, 2, func(v uint64) string { return named(v, "0x%04x", etherTypes) })
	b.uint("Hardware Address Length", "arp.hlen", 4, 1, nil)
	b.uint("Protocol Address Length", "arp.plen", 5, 1, nil)
	b.uint("Operation", "arp.op", 6, 2, func(v uint64) string {
		return named(v, "%d", map[uint64]string{ARPRequest: "request", ARPReply: "reply"})
	})
	b.mac("Sender Hardware Address", "arp.sha", 8)
	b.addr("Sender Protocol Address", "arp.spa", 14, 4)
	b.mac("Target Hardware Address", "arp.tha", 18)
	b.addr("Target Protocol Address", "arp.tpa", 24, 4)
	return b.layer("Address Resolution Protocol", "arp", at, at+arpPacket)
}
