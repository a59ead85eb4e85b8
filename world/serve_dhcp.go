package world

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/dhcpd"
	"github.com/wirebook/wirebook/supervise"
)

// dhcpService is the section of a DHCP server, which lends addresses of the
// network that its host is on, and of those behind relay agents:
//
//	dhcp:
//	  pool: 100-199                 # numbers of hosts
//	  lease: 12h
//	  check: 20ms                   # how long a ping may take before an address is offered; 0s: no ping
//	  reservations: {alice: 11}     # the number that a host always gets, if it is not the host's own
//	  authoritative: false          # when there is another DHCP server on the network
//	  networks:                     # behind relay agents
//	    dorm: {pool: 100-199, lease: 1h}
//
// On a router, `on: home` tells which of its networks is meant.
//
// What its clients are told comes from the network: mask, router, resolver, and
// domain. A host of the world file that has a number gets that number.
type dhcpService struct {
	lans          []*dhcpLAN // the first is that which the server itself is on
	check         time.Duration
	authoritative bool
	node          *yaml.Node
}

// dhcpLAN is a network that a server lends addresses of.
type dhcpLAN struct {
	network      string
	pool         Range
	lease        time.Duration // 0: that of the server's own network
	reservations map[string]int
	node         *yaml.Node
}

const dhcpPort = 67 // of servers and relay agents (RFC 2131 §4.1)

const defaultLease = 12 * time.Hour

func readDHCP(d *draft, n *yaml.Node) service {
	s := newDHCPService(n)
	d.object(n, "a dhcp server", s.fields(d))
	return s
}

func readRouterDHCP(d *draft, _ *Router, n *yaml.Node) routerService {
	s := newDHCPService(n)
	known := s.fields(d)
	known["on"] = d.later("network", &s.lans[0].network)
	d.object(n, "a router's dhcp server", known)
	return s
}

func newDHCPService(n *yaml.Node) *dhcpService {
	own := &dhcpLAN{node: n, reservations: make(map[string]int)}
	return &dhcpService{lans: []*dhcpLAN{own}, check: 500 * time.Millisecond, authoritative: true, node: n}
}

func (s *dhcpService) fields(d *draft) fields {
	known := s.lans[0].fields(d)
	known["check"] = d.duration(&s.check, 0)
	known["authoritative"] = d.yesOrNo(&s.authoritative)
	known["networks"] = func(n *yaml.Node) {
		d.entries(n, "networks", func(name string, at, value *yaml.Node) {
			d.refs = append(d.refs, pending{ref: ref{name, at}, what: "network"})
			lan := &dhcpLAN{network: name, node: at, reservations: make(map[string]int)}
			d.object(value, "a network of a dhcp server", lan.fields(d))
			s.lans = append(s.lans, lan)
		})
	}
	return known
}

func (lan *dhcpLAN) fields(d *draft) fields {
	return fields{
		"pool":  d.numberRange(&lan.pool),
		"lease": d.duration(&lan.lease, time.Second),
		"reservations": func(n *yaml.Node) {
			d.entries(n, "reservations", func(host string, at, value *yaml.Node) {
				d.refs = append(d.refs, pending{ref: ref{host, at}, what: "host", moves: true})
				var number int
				d.number(&number, 1, maxNumber)(value)
				lan.reservations[host] = number
			})
		},
	}
}

func (s *dhcpService) ports() []Port { return []Port{{"udp", dhcpPort}} }

func (s *dhcpService) server(w *World, h *Host) (supervise.Server, error) {
	n := w.Plan.network(h.Network)
	return s.lender(w, h.Name, w.Host(h.Name), hostCard, numberedIPv4(n.IPv4, h.At)), nil
}

func (s *dhcpService) routerServer(w *World, r *Router) (supervise.Server, error) {
	n := w.Plan.network(s.lans[0].network)
	return s.lender(w, r.Name, w.routerHost(r.Name), r.card(n.Name), numberedIPv4(n.IPv4, r.at(n.Name))), nil
}

// lender makes the server, on a card of a machine that has the address id there.
// The machine is nil where it is not one of the miniature Internet.
// For whom it keeps which addresses is told later: see reserve.
func (s *dhcpService) lender(w *World, name string, on *internet.Host, card string, id netip.Addr) *dhcpd.Server {
	server := &dhcpd.Server{
		Card: card, ID: id, ProbeWait: s.check, Dir: w.state, File: name + ".leases",
		Log: w.logOf(name, "dhcp"), Clock: w.clock,
	}
	if s.check > 0 {
		server.Probe = w.answersPing(on)
	}
	l := &lender{on: name, server: server}
	for _, lan := range s.lans {
		n := w.Plan.network(lan.network)
		l.lans = append(l.lans, n)
		l.kept = append(l.kept, lan.reservations)
		server.Networks = append(server.Networks, w.Plan.lending(n, lan.pool, cmp.Or(lan.lease, s.lans[0].lease, defaultLease), s.authoritative))
		w.hearDHCP(n, on)
	}
	w.lenders = append(w.lenders, l)
	return server
}

// lending is a network as a DHCP server knows it.
func (p *Plan) lending(n *Network, pool Range, lease time.Duration, authoritative bool) dhcpd.Network {
	lent := dhcpd.Network{
		Prefix: n.IPv4, Lease: lease, Domain: n.Domain, Authoritative: authoritative,
		Routers: ipv4Only(p.gateways(n)),
	}
	for _, server := range p.resolvers(n) {
		lent.DNS = append(lent.DNS, server.Addr())
	}
	lent.DNS = ipv4Only(lent.DNS)
	if pool.First > 0 {
		lent.Pool = []dhcpd.Range{{First: numberedIPv4(n.IPv4, pool.First), Last: numberedIPv4(n.IPv4, pool.Last)}}
	}
	return lent
}

func ipv4Only(addrs []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(addrs), func(a netip.Addr) bool { return !a.Is4() })
}
