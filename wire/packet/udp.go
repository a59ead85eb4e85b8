package packet

import (
	"encoding/binary"

	"github.com/wirebook/wirebook/wire/dissect"
)

const udpHeader = 8

// decodeUDP reads a UDP header (RFC 768).
func (p *Packet) decodeUDP(segment []byte) {
	p.payload = p.transport + udpHeader
	length := int(binary.BigEndian.Uint16(segment[4:]))
	switch {
	case length < udpHeader:
		p.Faults |= Malformed
	case length > len(segment):
		if !p.Fragments.Part() {
			p.Faults |= Truncated
		}
	default:
		p.end = p.transport + length
	}
}

func udpFields(p *Packet) dissect.Field {
	b := builder{data: p.Data, base: p.transport}
	b.uint("Source Port", "udp.srcport", 0, 2, nil)
	b.uint("Destination Port", "udp.dstport", 2, 2, nil)
	b.uint("Length", "udp.length", 4, 2, nil)
	if s := p.Segment(); len(s) >= udpHeader {
		if s[6] == 0 && s[7] == 0 {
			b.add("Checksum", "udp.checksum", 6, 2, "0x0000 (none)")
		} else if p.Fragments.Part() {
			b.uint("Checksum", "udp.checksum", 6, 2, hex("0x%04x (over all fragments)"))
		} else {
			b.checksum("udp.checksum", 6, p.Faults&BadTransportChecksum == 0, wanted(s, 6, p.pseudo(len(s))))
		}
	}
	return b.layer("User Datagram Protocol", "udp", p.transport, p.transport+udpHeader)
}
