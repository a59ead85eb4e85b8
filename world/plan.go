package world

import (
	"io/fs"
	"net/netip"
	"slices"

	"github.com/wirebook/wirebook/internet"
)

// Plan is what a world file says. [Parse] makes one that is consistent: each
// name in it exists, each address belongs to its network and to one host only.
type Plan struct {
	Name     string
	Networks []*Network
	Routers  []*Router
	Hosts    []*Host
	Gateways []Gateway
	Faults   map[string]internet.Faults // by link

	files fs.FS // what the file names in it are relative to
}

// Network is one LAN: a switch, and the addresses on it.
type Network struct {
	Name     string
	Domain   string // its hosts' names end with it
	IPv4     netip.Prefix
	IPv6     netip.Prefix
	Router   string // the router that its hosts send everything else to
	Resolver string // the host that they ask for names; "" if none
	Guests   Range  // the numbers that guests may get
}

// Range is a range of host numbers, both ends included.
type Range struct{ First, Last int }

// Contains reports whether n is in the range.
func (r Range) Contains(n int) bool { return r.First <= n && n <= r.Last }

// Router joins networks. Its routes are not written down: they are computed, as
// a routing protocol would, when the world starts.
type Router struct {
	Name    string
	Cards   []RouterCard
	Servers []RouterServer
	NAT     *NAT // nil: it translates no addresses
}

// RouterCard is a router's card on one network.
type RouterCard struct {
	Network string
	At      int
}

// Host is one computer.
type Host struct {
	Name    string // short and unique: the name of its column in a ladder
	FQDN    string // its name in the DNS, without the last dot
	Network string
	At      int // its number on the network: 53 is 192.0.2.53 and 2001:db8:1::53

	// DHCP says that it asks for its IPv4 address. At, if it has one, is then
	// what the network's DHCP server keeps for it.
	DHCP bool

	Servers []Server
}

// Server is one server of a host.
type Server struct {
	Kind    string // "http", "dns", …: unique on its host
	Held    bool   // it does not start with the world
	service service
}

// Ports are the ports that the server listens on when it is up.
func (s Server) Ports() []Port { return s.service.ports() }

// RouterServer is one server of a router.
type RouterServer struct {
	Kind    string // "dhcp" or "relay"
	service routerService
}

// Ports are the ports that the server listens on when it is up.
func (s RouterServer) Ports() []Port { return s.service.ports() }

// Port is a port of a transport protocol.
type Port struct {
	Transport string // "tcp" or "udp"
	Number    uint16
}

// Gateway is a port of this machine that leads into the world.
type Gateway struct {
	Port      uint16 // on 127.0.0.1
	Transport string // "tcp", "udp" or "socks"
	Host      string // where it leads
	To        uint16
}

// network returns the network of that name, or nil.
func (p *Plan) network(name string) *Network {
	return named(p.Networks, name, func(n *Network) string { return n.Name })
}

func (p *Plan) router(name string) *Router {
	return named(p.Routers, name, func(r *Router) string { return r.Name })
}

func (p *Plan) host(name string) *Host {
	return named(p.Hosts, name, func(h *Host) string { return h.Name })
}

// called returns the host of that whole name, or nil.
func (p *Plan) called(fqdn string) *Host {
	return named(p.Hosts, fqdn, func(h *Host) string { return h.FQDN })
}

func named[T any](all []*T, name string, nameOf func(*T) string) *T {
	for _, one := range all {
		if nameOf(one) == name {
			return one
		}
	}
	return nil
}

// addressesOf are those of the host's addresses that the world file gives it.
func (p *Plan) addressesOf(h *Host) []netip.Addr {
	var addrs []netip.Addr
	for _, prefix := range p.prefixesOf(h) {
		addrs = append(addrs, prefix.Addr())
	}
	return addrs
}

// prefixesOf are the addressesOf as a card is configured with them.
func (p *Plan) prefixesOf(h *Host) []netip.Prefix {
	if h.DHCP && h.At == 0 {
		return nil
	}
	prefixes := p.network(h.Network).Prefixes(h.At)
	if h.DHCP {
		prefixes = slices.DeleteFunc(prefixes, func(p netip.Prefix) bool { return p.Addr().Is4() })
	}
	return prefixes
}

// routerAddresses are those of all cards of the router.
func (p *Plan) routerAddresses(r *Router) []netip.Addr {
	var all []netip.Addr
	for _, card := range r.Cards {
		all = append(all, p.network(card.Network).Addresses(card.At)...)
	}
	return all
}

// Addresses are those of number at on the network: one of each family that the
// network has, IPv4 first.
func (n *Network) Addresses(at int) []netip.Addr {
	var addrs []netip.Addr
	if n.IPv4.IsValid() {
		addrs = append(addrs, numberedIPv4(n.IPv4, at))
	}
	if n.IPv6.IsValid() {
		addrs = append(addrs, numberedIPv6(n.IPv6, at))
	}
	return addrs
}

// Prefixes are the Addresses with the length of the network's prefix, as a card
// is configured with them.
func (n *Network) Prefixes(at int) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, addr := range n.Addresses(at) {
		prefixes = append(prefixes, netip.PrefixFrom(addr, n.prefixOf(addr).Bits()))
	}
	return prefixes
}

func (n *Network) prefixOf(addr netip.Addr) netip.Prefix {
	if addr.Is4() {
		return n.IPv4
	}
	return n.IPv6
}

// numberedIPv4 adds at to the network's address.
func numberedIPv4(network netip.Prefix, at int) netip.Addr {
	bytes := network.Masked().Addr().As4()
	for i := 3; i >= 0 && at > 0; i-- {
		sum := int(bytes[i]) + at
		bytes[i], at = byte(sum), sum>>8
	}
	return netip.AddrFrom4(bytes)
}

// numberedIPv6 writes the digits of at as they are: host 53 is …::53, so that
// one recognizes it, although that is 0x53.
func numberedIPv6(network netip.Prefix, at int) netip.Addr {
	bytes := network.Masked().Addr().As16()
	for i := 15; at > 0; i-- {
		bytes[i] = byte(at%10 | at/10%10<<4)
		at /= 100
	}
	return netip.AddrFrom16(bytes)
}
