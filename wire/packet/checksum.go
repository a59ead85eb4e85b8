package packet

import (
	"encoding/binary"
	"math/bits"
)

// Sum is the Internet checksum's sum (RFC 1071) over data, started with
// initial: 0xffff when data contains its own right checksum. Eight bytes are
// added at a time, since a ones' complement sum does not mind (§2).
func Sum(data []byte, initial uint32) uint16 {
	sum, carry := uint64(initial), uint64(0)
	for len(data) >= 32 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data[8:]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data[16:]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data[24:]), carry)
		data = data[32:]
	}
	for len(data) >= 8 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data), carry)
		data = data[8:]
	}
	if len(data) > 0 {
		var rest [8]byte
		copy(rest[:], data)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(rest[:]), carry)
	}
	sum, carry = bits.Add64(sum, 0, carry)
	sum += carry
	sum = sum>>32 + sum&0xffffffff
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// pseudo is the sum of the pseudo-header: addresses, protocol, length
// (RFC 9293 §3.1, RFC 8200 §8.1).
func (p *Packet) pseudo(length int) uint32 {
	sum := uint32(p.Protocol) + uint32(length>>16) + uint32(length&0xffff)
	from, to := p.From.As16(), p.To.As16()
	start := 0
	if p.From.Is4() {
		start = 12
	}
	return sum + uint32(Sum(from[start:], 0)) + uint32(Sum(to[start:], 0))
}

// transportSumGood verifies the checksum of a transport whose header is there.
func (p *Packet) transportSumGood() bool {
	segment := p.Data[p.transport:p.end]
	switch p.Protocol {
	case ICMP:
		return Sum(segment, 0) == 0xffff
	case UDP:
		if segment[6] == 0 && segment[7] == 0 {
			return p.From.Is4() // over IPv4 it may be left out (RFC 768), not over IPv6 (RFC 8200 §8.1)
		}
		segment = segment[:min(len(segment), int(binary.BigEndian.Uint16(segment[4:])))]
	}
	return Sum(segment, p.pseudo(len(segment))) == 0xffff
}

// wanted is the checksum that a segment ought to have at that even offset.
func wanted(segment []byte, at int, initial uint32) uint16 {
	return ^Sum(segment[at+2:], uint32(Sum(segment[:at], initial)))
}
