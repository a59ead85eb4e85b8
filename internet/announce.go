package internet

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
)

// Announce tells everybody on the card's network that an IPv4 address is the
// card's now, by an ARP reply that nobody has asked for: what a host should do
// that has got an address by DHCP (RFC 2131 §4.4.1). Who has tried to reach the
// address before, as the DHCP server did to see whether it is free, would else
// go on to wait for the answer to its own question.
func (m *machine) Announce(card string, addr netip.Addr) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, err := m.findCard(card)
	if err != nil {
		return fmt.Errorf("announce %v on %s: %w", addr, m.name, err)
	}
	if !addr.Is4() {
		return fmt.Errorf("announce %v on %s: ARP is for IPv4", addr, m.name)
	}
	everybody := mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	frame := make([]byte, ethernetHeader+header.ARPSize)
	copy(frame, everybody[:])
	copy(frame[6:], c.address[:])
	binary.BigEndian.PutUint16(frame[12:], uint16(arp.ProtocolNumber))
	reply := header.ARP(frame[ethernetHeader:])
	reply.SetIPv4OverEthernet()
	reply.SetOp(header.ARPReply)
	copy(reply.HardwareAddressSender(), c.address[:])
	copy(reply.ProtocolAddressSender(), addr.AsSlice())
	copy(reply.HardwareAddressTarget(), everybody[:])
	copy(reply.ProtocolAddressTarget(), addr.AsSlice())
	c.send(frame)
	return nil
}
