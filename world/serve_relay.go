package world

import (
	"net/netip"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/servers/dhcprelay"
	"github.com/wirebook/wirebook/supervise"
)

// relayService is the section of a router's DHCP relay agent: networks without a
// DHCP server of their own, and the hosts whose servers lend their addresses.
//
//	relay: {for: dorm, to: dhcp}
type relayService struct {
	lans    []string
	servers []string // hosts
	node    *yaml.Node
}

func readRelay(d *draft, _ *Router, n *yaml.Node) routerService {
	s := &relayService{node: n}
	d.object(n, "a relay", fields{
		"for": d.names("network", &s.lans),
		"to":  d.names("host", &s.servers),
	})
	if len(s.lans) == 0 || len(s.servers) == 0 {
		d.wrong(n, "write it like relay: {for: dorm, to: dhcp}", "a relay needs networks to listen on, and a dhcp server to tell")
	}
	return s
}

func (s *relayService) ports() []Port { return []Port{{"udp", dhcpPort}} }

func (s *relayService) routerServer(w *World, r *Router) (supervise.Server, error) {
	relay := &dhcprelay.Server{Log: w.logOf(r.Name, "relay")}
	router := w.routerHost(r.Name)
	for _, lan := range s.lans {
		n := w.Plan.network(lan)
		relay.Cards = append(relay.Cards, dhcprelay.Card{Name: r.card(lan), Addr: numberedIPv4(n.IPv4, r.at(lan))})
		w.hearDHCP(n, router)
	}
	for _, server := range s.servers {
		h := w.Plan.host(server)
		relay.Upstream = r.card(w.Plan.towards(r, h.Network))
		relay.Servers = append(relay.Servers, ipv4Only(w.Plan.addressesOf(h))...)
	}
	return relay, nil
}

// towards is the network of the router's own by which it reaches a network; ""
// means that it does not.
func (p *Plan) towards(r *Router, network string) string {
	if r.on(network) {
		return network
	}
	to := p.network(network)
	for _, route := range p.routes(r) {
		if route.Dst == to.IPv4 {
			return p.cardNetwork(r, route.Via)
		}
	}
	return ""
}

// cardNetwork is the network of the router's that the address is on.
func (p *Plan) cardNetwork(r *Router, addr netip.Addr) string {
	for _, card := range r.Cards {
		if n := p.network(card.Network); n != nil && n.IPv4.Contains(addr) {
			return card.Network
		}
	}
	return ""
}
