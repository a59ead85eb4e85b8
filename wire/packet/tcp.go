package packet

import (
	"encoding/binary"
	"fmt"

	"github.com/wirebook/wirebook/wire/dissect"
)

const tcpHeader = 20

// decodeTCP reads a TCP header (RFC 9293 §3.1).
func (p *Packet) decodeTCP(segment []byte) {
	header := int(segment[12]>>4) * 4
	if header < tcpHeader {
		p.Faults |= Malformed
		return
	}
	if header > len(segment) {
		p.Faults |= Truncated
		return
	}
	p.Seq = binary.BigEndian.Uint32(segment[4:])
	p.Ack = binary.BigEndian.Uint32(segment[8:])
	p.Flags = Flags(segment[13])
	p.Window = binary.BigEndian.Uint16(segment[14:])
	p.payload = p.transport + header
}

var flagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}

// String lists the bits that are set, SYN, FIN and RST first, as "SYN, ACK".
func (f Flags) String() string {
	text := ""
	for _, i := range [...]int{1, 0, 2, 4, 3, 5, 6, 7} {
		if f&(1<<i) == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += flagNames[i]
	}
	return text
}

func tcpFields(p *Packet) dissect.Field {
	b := builder{data: p.Data, base: p.transport}
	header := p.payload - p.transport
	b.uint("Source Port", "tcp.srcport", 0, 2, nil)
	b.uint("Destination Port", "tcp.dstport", 2, 2, nil)
	b.uint("Sequence Number", "tcp.seq", 4, 4, nil)
	b.uint("Acknowledgment Number", "tcp.ack", 8, 4, nil)
	b.bits("Data Offset", "tcp.dataoffset", 12, 0, 4, func(v uint64) string {
		return fmt.Sprintf("%d (%d bytes)", v, v*4)
	})
	b.bits("Reserved", "tcp.reserved", 12, 4, 4, nil)
	for i, name := range [...]string{"CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"} {
		b.bits(name, "tcp.flag."+name, 13, i, 1, flag)
	}
	b.uint("Window", "tcp.window", 14, 2, nil)
	if s := p.Segment(); len(s) >= tcpHeader && !p.Fragments.Part() {
		b.checksum("tcp.checksum", 16, p.Faults&BadTransportChecksum == 0, wanted(s, 16, p.pseudo(len(s))))
	} else {
		b.uint("Checksum", "tcp.checksum", 16, 2, hex("0x%04x"))
	}
	b.uint("Urgent Pointer", "tcp.urgent", 18, 2, nil)
	if header > tcpHeader {
		tcpOptions(&b, header)
	}
	return b.layer("Transmission Control Protocol", "tcp", p.transport, p.payload)
}

// TCP's options (RFC 9293 §3.2, RFC 7323, RFC 2018).
const (
	optionEnd           = 0
	optionNop           = 1
	optionMSS           = 2
	optionScale         = 3
	optionSACKPermitted = 4
	optionSACK          = 5
	optionTimestamps    = 8
)

func tcpOptions(b *builder, header int) {
	walkOptions(b, tcpHeader, header, "tcp.options", func(kind byte, at, length int) {
		v := b.at(at, length)
		switch {
		case kind == optionEnd:
			b.add("End of Option List", "tcp.option.eol", at, length, "")
		case kind == optionNop:
			b.add("No-Operation", "tcp.option.nop", at, length, "")
		case kind == optionMSS && length == 4:
			b.add("Maximum Segment Size", "tcp.option.mss", at, length, fmt.Sprintf("%d bytes", number(v[2:])))
		case kind == optionScale && length == 3:
			b.add("Window Scale", "tcp.option.wscale", at, length, fmt.Sprintf("%d (multiply by %d)", v[2], uint64(1)<<min(v[2], 14)))
		case kind == optionSACKPermitted && length == 2:
			b.add("SACK Permitted", "tcp.option.sack-permitted", at, length, "")
		case kind == optionSACK && length > 2:
			b.add("SACK", "tcp.option.sack", at, length, sackBlocks(v[2:]))
		case kind == optionTimestamps && length == 10:
			b.add("Timestamps", "tcp.option.timestamps", at, length,
				fmt.Sprintf("value %d, echo reply %d", number(v[2:6]), number(v[6:])))
		default:
			b.add(fmt.Sprintf("Option %d", kind), "tcp.option", at, length, fmt.Sprintf("%d bytes", length))
		}
	})
}

func sackBlocks(v []byte) string {
	text := ""
	for ; len(v) >= 8; v = v[8:] {
		text += fmt.Sprintf(" %d–%d", number(v[:4]), number(v[4:8]))
	}
	return text
}

// MSS is the maximum segment size that a SYN announces, or 0.
func (p *Packet) MSS() int {
	v := p.option(optionMSS)
	if len(v) != 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16(v))
}

// option is the value of the first TCP option of that kind.
func (p *Packet) option(kind byte) []byte {
	if !p.Has(TCP) {
		return nil
	}
	options := p.Data[p.transport+tcpHeader : p.payload]
	for len(options) > 0 && options[0] != optionEnd {
		if options[0] == optionNop {
			options = options[1:]
			continue
		}
		if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
			return nil
		}
		if options[0] == kind {
			return options[2:options[1]]
		}
		options = options[options[1]:]
	}
	return nil
}
