package world

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dhcpd"
	"github.com/wirebook/wirebook/supervise"
)

// dhcpService is the section of a DHCP server, which lends addresses of the
// network that its host is on:
//
//	dhcp:
//	  pool: 100-199                 # numbers of hosts
//	  lease: 12h
//	  check: 20ms                   # how long a ping may take before an address is offered; 0s: no ping
//	  reservations: {alice: 11}     # the number that a host always gets
//	  authoritative: false          # when there is another DHCP server on the network
//
// What its clients are told comes from the network: mask, router, resolver, and
// domain.
type dhcpService struct {
	pool          Range
	lease, check  time.Duration
	reservations  []dhcpReservation
	authoritative bool

	mu      sync.Mutex
	running map[*World]*dhcpd.Server
}

type dhcpReservation struct {
	host   string
	number int
}

func readDHCP(d *draft, n *yaml.Node) service {
	s := &dhcpService{check: 500 * time.Millisecond, lease: 12 * time.Hour, authoritative: true, running: make(map[*World]*dhcpd.Server)}
	d.object(n, "a dhcp server", fields{
		"pool":          d.numberRange(&s.pool),
		"lease":         d.duration(&s.lease, time.Second),
		"check":         d.duration(&s.check, 0),
		"authoritative": d.yesOrNo(&s.authoritative),
		"reservations":  func(n *yaml.Node) { d.entries(n, "reservations", s.readReservation(d)) },
	})
	if s.pool == (Range{}) && len(s.reservations) == 0 {
		d.wrong(n, "write pool: and a range of numbers, as in pool: 100-199", "the dhcp server has no addresses to lend")
	}
	return s
}

func (s *dhcpService) readReservation(d *draft) func(string, *yaml.Node, *yaml.Node) {
	return func(host string, at, value *yaml.Node) {
		r := dhcpReservation{host: host}
		d.refs = append(d.refs, pending{ref: ref{host, at}, what: "host"})
		d.number(&r.number, 1, maxNumber)(value)
		s.reservations = append(s.reservations, r)
	}
}

// duration reads a time such as 12h or 20ms.
func (d *draft) duration(p *time.Duration, least time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := time.ParseDuration(resolved(n).Value)
		if err != nil || v < least {
			d.wrong(n, "write it like 12h, 30m or 20ms", "%q does not do as a time here", resolved(n).Value)
			return
		}
		*p = v
	}
}

// yesOrNo reads true or false.
func (d *draft) yesOrNo(p *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch resolved(n).Value {
		case "true":
			*p = true
		case "false":
			*p = false
		default:
			d.wrong(n, "write true or false", "%q is neither", resolved(n).Value)
		}
	}
}

func (s *dhcpService) ports() []Port { return []Port{{"udp", 67}} }

func (s *dhcpService) server(w *World, h *Host) (supervise.Server, error) {
	n := w.Plan.network(h.Network)
	switch {
	case !n.IPv4.IsValid():
		return nil, fmt.Errorf("network %s has no IPv4 addresses to lend", n.Name)
	case s.pool.Last > lastNumber(n):
		return nil, fmt.Errorf("the pool goes up to number %d, and %s to %d", s.pool.Last, n.IPv4, lastNumber(n))
	}
	server := &dhcpd.Server{
		Card: dhcpCard, ID: numberedIPv4(n.IPv4, h.At), ProbeWait: s.check, Log: w.log, Clock: w.clock,
		Networks: []dhcpd.Network{{
			Prefix: n.IPv4, Lease: s.lease, Domain: n.Domain, Authoritative: s.authoritative,
			Routers: ipv4Only(w.Plan.gateways(n)), DNS: ipv4Only(w.Plan.nameServers(n)),
		}},
	}
	if s.pool.First > 0 {
		server.Networks[0].Pool = []dhcpd.Range{{First: numberedIPv4(n.IPv4, s.pool.First), Last: numberedIPv4(n.IPv4, s.pool.Last)}}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[w] = server
	return &dhcpServer{Server: server, service: s, world: w, network: n}, nil
}

// dhcpCard is the card that a host of a world has.
const dhcpCard = "eth0"

// nameServers are the addresses of the network's resolver, if it has one.
func (p *Plan) nameServers(n *Network) []netip.Addr {
	if h := p.host(n.Resolver); h != nil {
		return p.addressesOf(h)
	}
	return nil
}

func ipv4Only(addrs []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(addrs), func(a netip.Addr) bool { return !a.Is4() })
}

// dhcpServer is a server that first looks at the hosts of its world: it needs
// the cards of those for whom addresses are reserved, and pings from its own.
type dhcpServer struct {
	*dhcpd.Server
	service *dhcpService
	world   *World
	network *Network
	once    sync.Once
}

// Serve serves until ctx ends.
func (s *dhcpServer) Serve(ctx context.Context, nw netx.Network) error {
	s.once.Do(func() {
		for _, r := range s.service.reservations {
			host := s.world.Host(r.host)
			if host == nil || len(host.Cards()) == 0 {
				continue // a guest has its place
			}
			s.Networks[0].Reservations = append(s.Networks[0].Reservations, dhcpd.Reservation{
				MAC: host.Cards()[0].MAC, Addr: numberedIPv4(s.network.IPv4, r.number),
			})
		}
		if host, ok := nw.(*internet.Host); ok && s.service.check > 0 {
			s.Probe = func(ctx context.Context, a netip.Addr) bool {
				_, err := host.Ping(ctx, a)
				return err == nil
			}
		}
	})
	return s.Server.Serve(ctx, nw)
}

// Leases are the addresses that the DHCP servers have lent, by the servers'
// hosts.
func (w *World) Leases() map[string][]dhcpd.Lease {
	all := make(map[string][]dhcpd.Lease)
	for _, h := range w.Plan.Hosts {
		for _, server := range h.Servers {
			s, ok := server.service.(*dhcpService)
			if !ok {
				continue
			}
			s.mu.Lock()
			running := s.running[w]
			s.mu.Unlock()
			if running != nil {
				all[h.Name] = running.Leases()
			}
		}
	}
	return all
}
