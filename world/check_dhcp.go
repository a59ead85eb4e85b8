package world

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// checkDHCP sees that what asks for addresses and what lends them fit together.
func (d *draft) checkDHCP() {
	for _, h := range d.plan.Hosts {
		n := d.plan.network(h.Network)
		if h.DHCP && n != nil && !n.IPv4.IsValid() {
			d.wrong(d.at[h], "give the network ipv4:, or the host at: and a number", "host %s asks for an IPv4 address, and network %s has none", h.Name, n.Name)
		}
		for _, server := range h.Servers {
			if s, ok := server.service.(*dhcpService); ok {
				s.lans[0].network = h.Network
				d.checkLender(h.Name, s)
				if h.DHCP {
					d.wrong(s.node, "give "+h.Name+" at: and a number, and no address: dhcp", "a dhcp server needs an address of its own")
				}
			}
		}
	}
	for _, r := range d.plan.Routers {
		for _, server := range r.Servers {
			switch s := server.service.(type) {
			case *dhcpService:
				if s.lans[0].network == "" {
					d.wrong(s.node, "write on: and one of the router's networks", "the dhcp server of %s has several networks to choose from", r.Name)
					continue
				}
				d.checkOn(r, s.lans[0].network, server.Kind, s.node)
				d.checkLender(r.Name, s)
			case *relayService:
				d.checkRelay(r, s)
			}
		}
	}
}

// checkLender looks at a DHCP server's networks.
func (d *draft) checkLender(name string, s *dhcpService) {
	if lan := s.lans[0]; len(s.lans) == 1 && lan.pool == (Range{}) && len(lan.reservations) == 0 && !d.asksOn(lan.network) {
		d.wrong(s.node, "write pool: and a range of numbers, as in pool: 100-199", "the dhcp server has no addresses to lend")
	}
	for i, lan := range s.lans {
		n := d.plan.network(lan.network)
		switch {
		case n == nil: // that has been said
		case !n.IPv4.IsValid():
			d.wrong(lan.node, "give it ipv4:, as in ipv4: 192.0.2.0/24", "network %s has no IPv4 addresses to lend", n.Name)
		case lan.pool.Last > lastNumber(n):
			d.wrong(lan.node, fmt.Sprintf("take numbers up to %d", lastNumber(n)), "the pool goes up to number %d, and does not fit into %s", lan.pool.Last, n.IPv4)
		case i > 0 && !d.relayed(n.Name, name):
			d.wrong(lan.node, fmt.Sprintf("give a router of %s servers: {relay: {for: %s, to: %s}}", n.Name, n.Name, name), "nobody relays what the hosts of %s ask to %s", n.Name, name)
		}
	}
}

// asksOn reports whether a host of the network asks for an address that is kept
// for it.
func (d *draft) asksOn(network string) bool {
	return slices.ContainsFunc(d.plan.Hosts, func(h *Host) bool { return h.Network == network && h.DHCP && h.At > 0 })
}

// relayed reports whether a relay agent of the network knows the server.
func (d *draft) relayed(network, server string) bool {
	for _, r := range d.plan.Routers {
		for _, other := range r.Servers {
			s, ok := other.service.(*relayService)
			if ok && slices.Contains(s.lans, network) && slices.Contains(s.servers, server) {
				return true
			}
		}
	}
	return false
}

// checkRelay sees that a relay agent hears its clients, and reaches its servers by
// one card of the router.
func (d *draft) checkRelay(r *Router, s *relayService) {
	for _, lan := range s.lans {
		d.checkOn(r, lan, "relay", s.node)
	}
	upstream := ""
	for _, server := range s.servers {
		h := d.plan.host(server)
		if h == nil || d.plan.network(h.Network) == nil {
			continue // that has been said
		}
		way := d.plan.towards(r, h.Network)
		switch {
		case way == "":
			d.wrong(s.node, "join them by routers", "%s does not reach %s", r.Name, server)
		case slices.Contains(s.lans, way):
			d.wrong(s.node, "leave that network out", "%s hears the hosts of %s by itself", server, way)
		case upstream != "" && way != upstream:
			d.wrong(s.node, "name servers that are in one direction", "%s reaches the servers by different networks, %s and %s", r.Name, upstream, way)
		}
		upstream = way
		for _, lan := range s.lans {
			if !lends(h, lan) {
				d.wrong(s.node, fmt.Sprintf("write networks: {%s: {pool: 100-199}} in the dhcp server of %s", lan, server), "%s lends no addresses of %s", server, lan)
			}
		}
	}
}

// checkOn sees that a router has a card on the network that its server is for, and
// no other server for DHCP there.
func (d *draft) checkOn(r *Router, network, kind string, at *yaml.Node) {
	n := d.plan.network(network)
	if n == nil {
		return // that has been said
	}
	if !r.on(network) {
		d.wrong(at, fmt.Sprintf("give %s a card there: cards: {%s: 1}", r.Name, network), "router %s is not on network %s", r.Name, network)
	}
	if !n.IPv4.IsValid() {
		d.wrong(at, "give it ipv4:, as in ipv4: 192.0.2.0/24", "network %s has no IPv4 addresses to lend", network)
	}
	if kind != "relay" {
		return
	}
	for _, other := range r.Servers {
		if s, ok := other.service.(*dhcpService); ok && s.lans[0].network == network {
			d.wrong(at, "leave one of the two out", "%s is a dhcp server and a relay on network %s", r.Name, network)
		}
	}
}

// lends reports whether a DHCP server of the host lends addresses of the network.
func lends(h *Host, network string) bool {
	for _, server := range h.Servers {
		if s, ok := server.service.(*dhcpService); ok {
			return h.Network == network || slices.ContainsFunc(s.lans, func(lan *dhcpLAN) bool { return lan.network == network })
		}
	}
	return false
}
