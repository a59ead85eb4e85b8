package dhcpcard

import (
	"encoding/binary"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// ethernet is a frame with room for length bytes behind its header.
func ethernet(from, to net.HardwareAddr, kind tcpip.NetworkProtocolNumber, length int) (frame, payload []byte) {
	frame = make([]byte, header.EthernetMinimumSize+length)
	header.Ethernet(frame).Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress(from), DstAddr: tcpip.LinkAddress(to), Type: kind,
	})
	return frame, frame[header.EthernetMinimumSize:]
}

// udpFrame is an Ethernet frame with an IPv4 packet with a UDP datagram.
func udpFrame(src, dst net.HardwareAddr, from, to netip.AddrPort, message []byte) []byte {
	frame, packet := ethernet(src, dst, header.IPv4ProtocolNumber, header.IPv4MinimumSize+header.UDPMinimumSize+len(message))
	ip, udp := header.IPv4(packet), header.UDP(packet[header.IPv4MinimumSize:])
	source, destination := tcpip.AddrFrom4(from.Addr().As4()), tcpip.AddrFrom4(to.Addr().As4())
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(packet)), TTL: 64, Flags: header.IPv4FlagDontFragment,
		Protocol: uint8(header.UDPProtocolNumber), SrcAddr: source, DstAddr: destination,
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	copy(udp.Payload(), message)
	udp.Encode(&header.UDPFields{SrcPort: from.Port(), DstPort: to.Port(), Length: uint16(len(udp))})
	sum := header.PseudoHeaderChecksum(header.UDPProtocolNumber, source, destination, uint16(len(udp)))
	sum = ^udp.CalculateChecksum(checksum.Checksum(message, sum))
	if sum == 0 {
		sum = 0xffff // RFC 768: zero would mean that there is none
	}
	udp.SetChecksum(sum)
	return frame
}

// datagram is what a frame has for that UDP port, and who has sent it; ok is
// false for every other frame, and for one with an error in it.
func datagram(frame []byte, port uint16) (from netip.AddrPort, message []byte, ok bool) {
	if len(frame) < header.EthernetMinimumSize || header.Ethernet(frame).Type() != header.IPv4ProtocolNumber {
		return from, nil, false
	}
	ip := header.IPv4(frame[header.EthernetMinimumSize:])
	if !ip.IsValid(len(ip)) || ip.Protocol() != uint8(header.UDPProtocolNumber) || ip.More() || ip.FragmentOffset() != 0 {
		return from, nil, false
	}
	udp := header.UDP(ip.Payload())
	if len(udp) < header.UDPMinimumSize || udp.DestinationPort() != port || !ip.IsChecksumValid() {
		return from, nil, false
	}
	length := int(udp.Length())
	if length < header.UDPMinimumSize || length > len(udp) {
		return from, nil, false
	}
	udp = udp[:length]
	// A checksum of zero means that there is none (RFC 768).
	if udp.Checksum() != 0 && !udp.IsChecksumValid(ip.SourceAddress(), ip.DestinationAddress(), checksum.Checksum(udp.Payload(), 0)) {
		return from, nil, false
	}
	from = netip.AddrPortFrom(netip.AddrFrom4(ip.SourceAddress().As4()), udp.SourcePort())
	return from, udp.Payload(), true
}

// arpRequest asks who has the address to (RFC 826).
func arpRequest(mac net.HardwareAddr, own, to netip.Addr) []byte {
	frame, packet := ethernet(mac, broadcast, header.ARPProtocolNumber, header.ARPSize)
	arp := header.ARP(packet)
	arp.SetIPv4OverEthernet()
	arp.SetOp(header.ARPRequest)
	copy(arp.HardwareAddressSender(), mac)
	copy(arp.ProtocolAddressSender(), own.AsSlice())
	copy(arp.ProtocolAddressTarget(), to.AsSlice())
	return frame
}

// arpReply is who says in a frame that an address is his.
func arpReply(frame []byte) (addr netip.Addr, mac net.HardwareAddr, ok bool) {
	if len(frame) < header.EthernetMinimumSize || header.Ethernet(frame).Type() != header.ARPProtocolNumber {
		return addr, nil, false
	}
	arp := header.ARP(frame[header.EthernetMinimumSize:])
	if !arp.IsValid() || arp.Op() != header.ARPReply {
		return addr, nil, false
	}
	addr, _ = netip.AddrFromSlice(arp.ProtocolAddressSender())
	return addr, net.HardwareAddr(string(arp.HardwareAddressSender())), true
}

// What of a BOOTP message the card must know (RFC 2131 figure 1).
const (
	offsetXID    = 4
	offsetCIAddr = 12
	offsetCHAddr = 28
	leastMessage = 236
	bootReply    = 2
)

func xid(message []byte) uint32 { return binary.BigEndian.Uint32(message[offsetXID:]) }
