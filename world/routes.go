package world

import (
	"net/netip"
	"strconv"

	"github.com/wirebook/wirebook/internet"
)

// routes computes a router's table: for each network that it is not on, the
// neighbour that begins a shortest way there.
func (p *Plan) routes(from *Router) []internet.Route {
	return append(p.routesOf(from, (*Network).ipv4), p.routesOf(from, (*Network).ipv6)...)
}

// routesOf computes the routes of one family. It is a breadth-first search over
// routers, which is what a link-state protocol does when all links cost the same
// (Kurose & Ross §5.2.1). A NAT says nothing outside of the IPv4 networks that are
// inside.
func (p *Plan) routesOf(from *Router, family func(*Network) netip.Prefix) []internet.Route {
	// via is, for each network reached, the first router on the way to it.
	type step struct {
		network *Network
		via     netip.Addr
	}
	reached := make(map[*Network]bool)
	var queue []step
	for _, card := range from.Cards {
		if here := p.network(card.Network); here != nil && family(here).IsValid() {
			reached[here] = true
			queue = append(queue, step{network: here})
		}
	}
	var routes []internet.Route
	for ; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		for _, r := range p.Routers {
			if r == from || !r.on(here.network.Name) || r.hides(here.network, family) {
				continue
			}
			via := here.via
			if !via.IsValid() {
				via = numbered(family(here.network), r.at(here.network.Name))
			}
			for _, card := range r.Cards {
				there := p.network(card.Network)
				if there == nil || reached[there] || !family(there).IsValid() {
					continue
				}
				reached[there] = true
				queue = append(queue, step{there, via})
				routes = append(routes, internet.Route{Dst: family(there), Via: via})
			}
		}
	}
	return routes
}

// numbered is the address of number at on a network of either family.
func numbered(network netip.Prefix, at int) netip.Addr {
	if network.Addr().Is4() {
		return numberedIPv4(network, at)
	}
	return numberedIPv6(network, at)
}

func (n *Network) ipv4() netip.Prefix { return n.IPv4 }
func (n *Network) ipv6() netip.Prefix { return n.IPv6 }

// hides tells whether the router shows none of its networks to who is on this one.
func (r *Router) hides(seenFrom *Network, family func(*Network) netip.Prefix) bool {
	return r.NAT != nil && r.NAT.Outside == seenFrom.Name && family(seenFrom).Addr().Is4()
}

func (r *Router) on(network string) bool { return r.at(network) != 0 }

// at is the router's number on the network, or 0.
func (r *Router) at(network string) int {
	for _, card := range r.Cards {
		if card.Network == network {
			return card.At
		}
	}
	return 0
}

// card is the name of the router's card on the network; "" if it has none.
func (r *Router) card(network string) string {
	for i, card := range r.Cards {
		if card.Network == network {
			return cardName(i)
		}
	}
	return ""
}

func cardName(number int) string { return "eth" + strconv.Itoa(number) }
