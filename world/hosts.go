package world

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/wirebook/wirebook/clients/dnsc"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
)

// Host is the host of that short name, or nil.
func (w *World) Host(name string) *internet.Host {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.hosts[name]
}

// addHost brings a host back that was removed.
func (w *World) addHost(h *Host) error {
	if err := w.makeHost(h); err != nil {
		return err
	}
	w.enterHost(h)
	return nil
}

// enterHost puts the host into the directory, and has it ask for its address, if
// it has to.
func (w *World) enterHost(h *Host) {
	w.setAddresses(h.Name, h.FQDN, w.Plan.addressesOf(h))
	if h.DHCP {
		w.addTenant(h, w.Host(h.Name))
	}
}

// makeHost makes a host, with its servers.
func (w *World) makeHost(h *Host) error {
	n := w.Plan.network(h.Network)
	host, err := w.connectHost(h.Name, n, w.Plan.prefixesOf(h))
	if err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	return w.addServers(h, host)
}

// addServers gives a host its servers, whose sockets are opened on nw.
func (w *World) addServers(h *Host, nw netx.Network) error {
	for _, s := range h.Servers {
		server, err := s.service.server(w, h)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", h.Name, s.Kind, err)
		}
		if s.Held {
			w.Servers.Hold(h.Name, s.Kind, server, nw)
		} else {
			w.Servers.Add(h.Name, s.Kind, server, nw)
		}
	}
	return nil
}

// removeHost takes a host away, with its servers. It can be added again.
func (w *World) removeHost(h *Host) error {
	w.Servers.Remove(h.Name)
	w.mu.Lock()
	delete(w.tenants, h.Name)
	delete(w.hosts, h.Name)
	w.mu.Unlock()
	w.setAddresses(h.Name, h.FQDN, nil)
	return w.Internet.RemoveHost(h.Name)
}

// hostCard is the card that a host of a world has.
const hostCard = "eth0"

// connectHost makes a host with a card on the network that has those addresses,
// the network's router as its default route, and the network's resolver.
func (w *World) connectHost(name string, n *Network, addrs []netip.Prefix) (*internet.Host, error) {
	host, err := w.Internet.AddHost(name)
	if err != nil {
		return nil, err
	}
	if _, err := host.Connect(w.switches[n.Name], internet.CardConfig{Name: hostCard, Addrs: addrs}); err != nil {
		return nil, err
	}
	if err := host.SetRoutes(w.Plan.defaultRoutes(n, addrs)); err != nil {
		return nil, err
	}
	resolvers := w.Plan.resolvers(n)
	stub := w.stub(host)
	host.SetLookup(func(ctx context.Context, name string) ([]netip.Addr, error) {
		return stub.LookupHost(ctx, name, resolvers, []string{n.Domain})
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[name] = host
	return host, nil
}

// stub is a resolver that asks others, as each host has one.
func (w *World) stub(host netx.Network) *dnsc.Client {
	return &dnsc.Client{Network: host, Clock: w.clock}
}

// Resolvers are the name servers that a host asks.
func (w *World) Resolvers(host string) []netip.AddrPort {
	h := w.Plan.host(host)
	if h == nil {
		return nil
	}
	if t := w.tenant(host); t != nil {
		servers, _ := t.resolvers()
		return servers
	}
	return w.Plan.resolvers(w.Plan.network(h.Network))
}

// FQDN is the whole name of a host, or its short one if it has no other.
func (w *World) FQDN(host string) string {
	if h := w.Plan.host(host); h != nil && h.FQDN != "" {
		return h.FQDN
	}
	return host
}

// defaultRoutes lead out of the network, for each family that the host has an
// address of.
func (p *Plan) defaultRoutes(n *Network, addrs []netip.Prefix) []internet.Route {
	var routes []internet.Route
	for _, via := range p.gateways(n) {
		if slices.ContainsFunc(addrs, func(p netip.Prefix) bool { return p.Contains(via) }) {
			routes = append(routes, internet.Route{Dst: everything(via), Via: via})
		}
	}
	return routes
}

// gateways are the addresses of the network's router on it.
func (p *Plan) gateways(n *Network) []netip.Addr {
	if r := p.router(n.Router); r != nil {
		for _, card := range r.Cards {
			if card.Network == n.Name {
				return n.Addresses(card.At)
			}
		}
	}
	return nil
}

// resolvers are the addresses of the host that the network asks for names.
func (p *Plan) resolvers(n *Network) []netip.AddrPort {
	h := p.host(n.Resolver)
	if h == nil {
		return nil
	}
	var servers []netip.AddrPort
	for _, addr := range p.addressesOf(h) {
		servers = append(servers, netip.AddrPortFrom(addr, dnsPort))
	}
	return servers
}

// everything is the prefix of all addresses of via's family.
func everything(via netip.Addr) netip.Prefix {
	if via.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}
