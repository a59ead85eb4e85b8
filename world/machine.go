package world

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/internet/forward"
)

// Machine is all that somebody must know who makes a host or a router of the
// plan out of a computer, a container say: what the miniature Internet makes of
// it by itself.
type Machine struct {
	Name   string
	FQDN   string // without the last dot; "": none
	Router bool
	Cards  []MachineCard
	Routes []internet.Route // beside those that the cards' own addresses make

	// DHCP says that its IPv4 address is lent to it.
	DHCP bool

	// Resolvers are whom it asks for names, and Domain is where short ones are
	// looked up.
	Resolvers []netip.Addr
	Domain    string

	// NAT is how it translates addresses; nil: it does not.
	NAT *MachineNAT
}

// MachineNAT is how a router translates IPv4 addresses.
type MachineNAT struct {
	Outside string     // the card outside
	Addr    netip.Addr // its address, which all inside share
	Forward []forward.PortForward
	FTP     bool // the helper is on
}

// MachineCard is a network card.
type MachineCard struct {
	Name    string
	MAC     net.HardwareAddr
	Network string
	Link    string         // the name of its cable
	Addrs   []netip.Prefix // those that it has for good
}

// Machine describes the host or router of that name.
func (p *Plan) Machine(name string) (Machine, bool) {
	if h := p.host(name); h != nil {
		return p.hostMachine(h), true
	}
	if r := p.router(name); r != nil {
		return p.routerMachine(r), true
	}
	return Machine{}, false
}

// ErrTaken is returned for a name that somebody in the plan has.
var ErrTaken = errors.New("the name is taken")

// Newcomer describes a computer that comes to the first network that has numbers
// for guests, and asks there for its address. The error is [ErrNoGuests] if there is
// no such network, [ErrTaken] if it would be somebody else's name, on a ladder or in
// the DNS, or it says what a name is.
func (p *Plan) Newcomer(name string) (Machine, error) {
	n, err := p.guestNetwork("")
	if err != nil {
		return Machine{}, err
	}
	if !isLabel(name) {
		return Machine{}, fmt.Errorf("%.70q cannot be a name: it has small letters, digits and hyphens, as ns1 has", name)
	}
	h := &Host{Name: name, Network: n.Name, DHCP: true}
	if n.Domain != "" {
		h.FQDN = name + "." + n.Domain
	}
	if _, machine := p.Machine(name); machine || p.network(name) != nil || h.FQDN != "" && p.called(h.FQDN) != nil {
		return Machine{}, fmt.Errorf("%s: %w", name, ErrTaken)
	}
	return p.hostMachine(h), nil
}

// Lendable reports whether an address of the network is one that no host or router
// of the plan has, or has kept for it.
func (p *Plan) Lendable(network string, addr netip.Addr) bool {
	n := p.network(network)
	if n == nil || !n.prefixOf(addr).Contains(addr) {
		return false
	}
	taken := func(at int) bool { return at > 0 && slices.Contains(n.Addresses(at), addr) }
	return !slices.ContainsFunc(p.Hosts, func(h *Host) bool { return h.Network == network && taken(h.At) }) &&
		!slices.ContainsFunc(p.Routers, func(r *Router) bool { return taken(r.at(network)) })
}

// SixOf is the IPv6 address that goes with an IPv4 address which a newcomer was lent:
// that of the same number, as every host of a plan has it; and whom it sends
// everything else to. Nobody else has it, since nobody else has the number.
func (p *Plan) SixOf(network string, lent netip.Addr) (addr netip.Prefix, via netip.Addr, ok bool) {
	n := p.network(network)
	if n == nil || !n.IPv6.IsValid() || !n.IPv4.Contains(lent) {
		return netip.Prefix{}, netip.Addr{}, false
	}
	for at := n.Guests.First; at <= n.Guests.Last; at++ {
		if numberedIPv4(n.IPv4, at) != lent {
			continue
		}
		for _, gateway := range p.gateways(n) {
			if gateway.Is6() {
				via = gateway
			}
		}
		return netip.PrefixFrom(numberedIPv6(n.IPv6, at), n.IPv6.Bits()), via, true
	}
	return netip.Prefix{}, netip.Addr{}, false
}

func (p *Plan) hostMachine(h *Host) Machine {
	n := p.network(h.Network)
	addrs := p.prefixesOf(h)
	m := Machine{
		Name: h.Name, FQDN: h.FQDN, DHCP: h.DHCP, Domain: n.Domain,
		Cards: []MachineCard{{
			Name: hostCard, MAC: internet.MACOf(h.Name, hostCard), Network: n.Name, Link: h.Name, Addrs: addrs,
		}},
		Routes: p.defaultRoutes(n, addrs),
	}
	for _, server := range p.resolvers(n) {
		if server.Addr().Is4() || len(addrs) > 0 {
			m.Resolvers = append(m.Resolvers, server.Addr())
		}
	}
	return m
}

func (p *Plan) routerMachine(r *Router) Machine {
	m := Machine{Name: r.Name, Router: true, Routes: p.routes(r)}
	for i, card := range r.Cards {
		m.Cards = append(m.Cards, MachineCard{
			Name: cardName(i), MAC: internet.MACOf(r.Name, cardName(i)), Network: card.Network,
			Link: routerLink(r.Name, card.Network), Addrs: p.network(card.Network).Prefixes(card.At),
		})
	}
	if r.NAT != nil {
		config := r.NAT.config(p, r)
		m.NAT = &MachineNAT{
			Outside: r.card(r.NAT.Outside), Addr: numberedIPv4(p.network(r.NAT.Outside).IPv4, r.at(r.NAT.Outside)),
			Forward: config.Forward, FTP: config.FTP,
		}
	}
	return m
}

// Keeps reports whether a host or router has something that outlives it: mail,
// leases, or files that may be written.
func (p *Plan) Keeps(name string) bool {
	if h := p.host(name); h != nil {
		for _, s := range h.Servers {
			switch s := s.service.(type) {
			case *smtpService, *dhcpService:
				return true
			case *ftpService:
				if len(s.users) > 0 {
					return true
				}
			case *tftpService:
				if s.writable != "" {
					return true
				}
			}
		}
	}
	if r := p.router(name); r != nil {
		for _, s := range r.Servers {
			if _, lends := s.service.(*dhcpService); lends {
				return true
			}
		}
	}
	return false
}

// Lenders are the hosts and routers on whose servers DHCP clients of the network
// depend: those that lend its addresses, and those that relay what they ask.
func (p *Plan) Lenders(network string) []string {
	var names []string
	for _, h := range p.Hosts {
		if lends(h, network) {
			names = append(names, h.Name)
		}
	}
	for _, r := range p.Routers {
		for _, server := range r.Servers {
			switch s := server.service.(type) {
			case *dhcpService:
				if s.lans[0].network == network {
					names = append(names, r.Name)
				}
			case *relayService:
				if slices.Contains(s.lans, network) {
					names = append(names, r.Name)
				}
			}
		}
	}
	return names
}
