package world

import (
	"net/netip"

	"github.com/wirebook/wirebook/internet"
)

// routes computes a router's table: for each network that it is not on, the
// neighbour that begins a shortest way there. It is a breadth-first search over
// routers, which is what a link-state protocol does when all links cost the
// same (Kurose & Ross §5.2.1).
func (p *Plan) routes(from *Router) []internet.Route {
	// via is, for each network reached, the first router on the way to it.
	type step struct {
		network string
		via     []netip.Addr
	}
	reached := make(map[string]bool)
	var queue []step
	for _, card := range from.Cards {
		reached[card.Network] = true
		queue = append(queue, step{network: card.Network})
	}
	var routes []internet.Route
	for ; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		for _, r := range p.Routers {
			if r == from || !r.on(here.network) {
				continue
			}
			for _, card := range r.Cards {
				if reached[card.Network] {
					continue
				}
				reached[card.Network] = true
				via := here.via
				if via == nil {
					via = p.network(here.network).Addresses(r.at(here.network))
				}
				queue = append(queue, step{card.Network, via})
				routes = append(routes, p.network(card.Network).routesVia(via)...)
			}
		}
	}
	return routes
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

// routesVia are the routes to the network, one a family, over the neighbour
// with those addresses.
func (n *Network) routesVia(neighbour []netip.Addr) []internet.Route {
	var routes []internet.Route
	for _, via := range neighbour {
		if prefix := n.prefixOf(via); prefix.IsValid() {
			routes = append(routes, internet.Route{Dst: prefix, Via: via})
		}
	}
	return routes
}
