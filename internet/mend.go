package internet

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// mendFrame makes the lengths and checksums of a frame right that somebody has
// written into. It leaves alone what it does not understand: the bytes can be
// anything.
func mendFrame(data []byte) {
	switch packet := data[ethernetHeader:]; ipVersion(data) {
	case 4:
		mendIPv4(header.IPv4(packet))
	case 6:
		mendIPv6(header.IPv6(packet))
	}
}

func mendIPv4(ip header.IPv4) {
	if len(ip) < header.IPv4MinimumSize || int(ip.HeaderLength()) < header.IPv4MinimumSize || int(ip.HeaderLength()) > len(ip) {
		return
	}
	ip.SetTotalLength(uint16(len(ip)))
	ip.SetChecksum(0)
	ip.SetChecksum(^ip.CalculateChecksum())
	if !ip.More() && ip.FragmentOffset() == 0 { // of a fragment, the rest is elsewhere
		mendPayload(ip.TransportProtocol(), ip.SourceAddress(), ip.DestinationAddress(), ip[ip.HeaderLength():])
	}
}

// mendIPv6 does not go behind extension headers.
func mendIPv6(ip header.IPv6) {
	if len(ip) < header.IPv6MinimumSize {
		return
	}
	payload := ip[header.IPv6MinimumSize:]
	ip.SetPayloadLength(uint16(len(payload)))
	mendPayload(tcpip.TransportProtocolNumber(ip.NextHeader()), ip.SourceAddress(), ip.DestinationAddress(), payload)
}

func mendPayload(protocol tcpip.TransportProtocolNumber, from, to tcpip.Address, b []byte) {
	at, pseudo := 0, true
	switch {
	case protocol == header.TCPProtocolNumber && len(b) >= header.TCPMinimumSize:
		at = header.TCPChecksumOffset
	case protocol == header.UDPProtocolNumber && len(b) >= header.UDPMinimumSize:
		header.UDP(b).SetLength(uint16(len(b)))
		at = 6
	case protocol == header.ICMPv4ProtocolNumber && len(b) >= header.ICMPv4MinimumSize:
		at, pseudo = 2, false
	case protocol == header.ICMPv6ProtocolNumber && len(b) >= header.ICMPv6MinimumSize:
		at = 2
	default:
		return
	}
	binary.BigEndian.PutUint16(b[at:], 0)
	var sum uint16
	if pseudo {
		sum = header.PseudoHeaderChecksum(protocol, from, to, uint16(len(b)))
	}
	sum = ^checksum.Checksum(b, sum)
	if sum == 0 && protocol == header.UDPProtocolNumber {
		sum = 0xffff // 0 would say that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(b[at:], sum)
}
