package forward

import "encoding/binary"

// checksum is the Internet checksum of b (RFC 1071): the complement of the sum
// of its 16-bit words in one's complement arithmetic. start is a sum that
// is already known, such as the pseudo-header's.
//
// A header whose checksum field is right has the checksum 0.
func checksum(b []byte, start uint32) uint16 {
	sum := uint64(start)
	for len(b) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// updated is the checksum after one 16-bit word under it changed from was
// to is: HC' = ~(~HC + ~m + m'), RFC 1624 §3. A router changes one byte of the
// header, and need not add up the other nineteen.
func updated(sum, was, is uint16) uint16 {
	s := uint32(^sum) + uint32(^was) + uint32(is)
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	return ^uint16(s)
}
