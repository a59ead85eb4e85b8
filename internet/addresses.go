package internet

import (
	"fmt"
	"net/netip"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// AddAddress gives a card one more address, and the machine a route to the
// network that its prefix describes.
func (m *machine) AddAddress(card string, p netip.Prefix) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, err := m.findCard(card)
	if err == nil {
		err = m.checkAddress(p)
	}
	if err != nil {
		return fmt.Errorf("add address %v to %s: %w", p, m.name, err)
	}
	m.addAddress(c, p)
	m.setStackRoutes()
	return nil
}

// RemoveAddress takes an address from a card.
func (m *machine) RemoveAddress(card string, p netip.Prefix) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, err := m.findCard(card)
	if err != nil {
		return fmt.Errorf("remove address %v from %s: %w", p, m.name, err)
	}
	i := slices.Index(c.addresses, p)
	if i < 0 {
		return fmt.Errorf("remove address %v from %s: card %s does not have it", p, m.name, card)
	}
	c.addresses = slices.Delete(c.addresses, i, i+1)
	m.stack.RemoveAddress(c.id, stackAddress(p.Addr()))
	m.setNameless(c)
	m.setStackRoutes()
	return nil
}

// checkAddress says what cannot be a new address of the machine.
func (m *machine) checkAddress(p netip.Prefix) error {
	a := p.Addr()
	switch {
	case !p.IsValid():
		return fmt.Errorf("%v is no address with a prefix length; write one like 192.0.2.1/24", p)
	case a.Is4In6(), a.Zone() != "", a.IsUnspecified(), a.IsMulticast(), a.IsLoopback():
		return fmt.Errorf("%v cannot be a card's address", a)
	}
	for _, c := range m.cards {
		for _, has := range c.addresses {
			if has.Addr() == a {
				return fmt.Errorf("card %s has %v already", c.name, has)
			}
		}
	}
	return nil
}

func (m *machine) addAddress(c *Card, p netip.Prefix) {
	c.addresses = append(c.addresses, p)
	m.setNameless(c)
	protocol := ipv4.ProtocolNumber
	if p.Addr().Is6() {
		protocol = ipv6.ProtocolNumber
	}
	must(m.stack.AddProtocolAddress(c.id, tcpip.ProtocolAddress{
		Protocol:          protocol,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: stackAddress(p.Addr()), PrefixLen: p.Bits()},
	}, stack.AddressProperties{}))
}

// hasSeveral reports whether there is a choice of addresses to send from.
func (m *machine) hasSeveral() bool {
	var four, six int
	for _, c := range m.cards {
		for _, p := range c.addresses {
			if p.Addr().Is4() {
				four++
			} else {
				six++
			}
		}
	}
	return four > 1 || six > 1
}

// setNameless gives the card the address 0.0.0.0 as long as it has no other
// and a socket is tied to it: a host that asks for its first address by DHCP
// sends from 0.0.0.0 (RFC 2131 §4.1).
func (m *machine) setNameless(c *Card) {
	nameless := c.bound > 0 && !slices.ContainsFunc(c.addresses, func(p netip.Prefix) bool { return p.Addr().Is4() })
	if nameless == c.nameless {
		return
	}
	c.nameless = nameless
	if !nameless {
		m.stack.RemoveAddress(c.id, header.IPv4Any)
		return
	}
	must(m.stack.AddProtocolAddress(c.id, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: header.IPv4Any.WithPrefix(),
	}, stack.AddressProperties{}))
}

// linkLocal is the address that the stack made from the card's Ethernet
// address (RFC 4291 appendix A).
func (c *Card) linkLocal() netip.Prefix {
	a := header.LinkLocalAddr(c.LinkAddress())
	return netip.PrefixFrom(netip.AddrFrom16(a.As16()), 64)
}

// stackAddress is an address as the stack has it.
func stackAddress(a netip.Addr) tcpip.Address { return tcpip.AddrFromSlice(a.AsSlice()) }

// plainAddress is the stack's address as everybody else has it; the stack's
// empty one is the zero Addr.
func plainAddress(a tcpip.Address) netip.Addr {
	addr, _ := netip.AddrFromSlice(a.AsSlice())
	return addr.Unmap()
}
