package internet

import (
	"encoding/binary"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// heeded returns a frame as the stack will heed it. Of the seven kinds of
// ICMPv6 "destination unreachable" (RFC 4443 §3.1) the stack knows "no route"
// and "port unreachable", and lets the others pass unheard: a connection to an
// address that nobody has would wait for its time-out, instead of failing when
// the router says so. The stack gets those as "no route"; on the cable, and in
// every capture, they are what they were.
func heeded(data []byte) []byte {
	const icmp = ethernetHeader + header.IPv6MinimumSize
	if len(data) < icmp+header.ICMPv6DstUnreachableMinimumSize ||
		header.Ethernet(data).Type() != header.IPv6ProtocolNumber ||
		data[ethernetHeader+6] != byte(header.ICMPv6ProtocolNumber) ||
		data[icmp] != byte(header.ICMPv6DstUnreachable) {
		return data
	}
	code := data[icmp+1]
	if code == byte(header.ICMPv6NetworkUnreachable) || code == byte(header.ICMPv6PortUnreachable) {
		return data
	}
	data = slices.Clone(data)
	data[icmp+1] = byte(header.ICMPv6NetworkUnreachable)
	// The words under the checksum became less by code, so it becomes more
	// by that, in one's complement (RFC 1624).
	sum := uint32(binary.BigEndian.Uint16(data[icmp+2:])) + uint32(code)
	binary.BigEndian.PutUint16(data[icmp+2:], uint16(sum+sum>>16))
	return data
}
