package world

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"

	"github.com/miekg/dns"
	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/servers/dnsd"
	"github.com/wirebook/wirebook/servers/dnsd/resolver"
	"github.com/wirebook/wirebook/supervise"
)

// dnsService is the section of a name server, which has one of two roles:
//
//	dns: {resolver: {roots: root, allow: campus}}
//
//	dns:
//	  zones: {example.com: zones/example.com.zone}
//	  reverse: hosting         # from addresses to names, made from the world file
//	  transfer: [ns2, campus]  # who may fetch whole zones; NS records say who is told of changes
//	  secondary: {example.org: ns1}
type dnsService struct {
	zones     []zoneFile
	reverse   []string // networks
	transfer  []scope
	secondary []secondaryOf
	resolver  *resolverSection
}

type zoneFile struct{ zone, file string }

type secondaryOf struct{ zone, primary string }

type resolverSection struct {
	roots []string // hosts
	allow []scope
}

func readDNS(d *draft, n *yaml.Node) service {
	s := &dnsService{}
	d.object(n, "a dns server", fields{
		"zones":     func(n *yaml.Node) { d.entries(n, "zones", s.readZone(d)) },
		"reverse":   d.names("network", &s.reverse),
		"transfer":  d.scopes(&s.transfer),
		"secondary": func(n *yaml.Node) { d.entries(n, "secondary", s.readSecondary(d)) },
		"resolver":  func(n *yaml.Node) { s.readResolver(d, n) },
	})
	authoritative := len(s.zones)+len(s.reverse)+len(s.secondary) > 0
	switch {
	case authoritative && s.resolver != nil:
		d.wrong(n, "give the resolver a host of its own", "a dns server has either zones or a resolver")
	case !authoritative && s.resolver == nil:
		d.wrong(n, "write zones: or resolver:", "a dns server needs something to answer from")
	}
	return s
}

func (s *dnsService) readZone(d *draft) func(string, *yaml.Node, *yaml.Node) {
	return func(zone string, _, value *yaml.Node) {
		z := zoneFile{zone: zone}
		d.text(&z.file)(value)
		s.zones = append(s.zones, z)
		_, err := dnsd.LoadZone(d.plan.files, z.file, zone)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
			d.wrong(value, "the zone's records belong there", "there is no file %q beside the world file", z.file)
		case err != nil:
			d.wrong(value, "", "%v", err)
		}
	}
}

func (s *dnsService) readSecondary(d *draft) func(string, *yaml.Node, *yaml.Node) {
	return func(zone string, _, value *yaml.Node) {
		of := secondaryOf{zone: zone}
		d.later("host", &of.primary)(value)
		s.secondary = append(s.secondary, of)
	}
}

func (s *dnsService) readResolver(d *draft, n *yaml.Node) {
	s.resolver = &resolverSection{}
	d.object(n, "a resolver", fields{
		"roots": d.names("host", &s.resolver.roots),
		"allow": d.scopes(&s.resolver.allow),
	})
	if len(s.resolver.roots) == 0 {
		d.wrong(n, "write roots: and the host that serves the zone .", "the resolver knows no root server")
	}
}

const dnsPort = 53

func (s *dnsService) ports() []Port { return []Port{{"udp", dnsPort}, {"tcp", dnsPort}} }

func (s *dnsService) server(w *World, h *Host) (supervise.Server, error) {
	log := w.logOf(h.Name, "dns")
	if s.resolver != nil {
		// A resolver that died has forgotten what it knew.
		return perRun(func() supervise.Server {
			role := keep(&w.insides, &w.insides.resolvers, h.Name, s.resolverRole(w, log))
			return &dnsd.Server{Role: role, Log: log, Clock: w.clock}
		}), nil
	}
	role, err := s.authority(w, h)
	if err != nil {
		return nil, err
	}
	keep(&w.insides, &w.insides.authorities, h.Name, role)
	return &dnsd.Server{Role: role, Log: log, Clock: w.clock}, nil
}

func (s *dnsService) resolverRole(w *World, log *slog.Logger) *resolver.Resolver {
	r := &resolver.Resolver{Allow: w.Plan.prefixes(s.resolver.allow), Log: log, Clock: w.clock}
	for _, name := range s.resolver.roots {
		root := w.Plan.host(name)
		r.Roots = append(r.Roots, resolver.Hint{Name: dns.Fqdn(root.FQDN), Addrs: w.Plan.addressesOf(root)})
	}
	return r
}

func (s *dnsService) authority(w *World, h *Host) (*dnsd.Authority, error) {
	a := &dnsd.Authority{AllowTransfer: w.Plan.prefixes(s.transfer), Log: w.logOf(h.Name, "dns"), Clock: w.clock}
	for _, z := range s.zones {
		zone, err := dnsd.LoadZone(w.Plan.files, z.file, z.zone)
		if err != nil {
			return nil, err
		}
		a.AddZone(zone)
		w.zones = append(w.zones, zone)
	}
	for _, name := range s.reverse {
		zones, err := w.Plan.reverseZones(w.Plan.network(name), h)
		if err != nil {
			return nil, err
		}
		for _, zone := range zones {
			a.AddZone(zone)
			w.zones = append(w.zones, zone)
		}
	}
	for _, of := range s.secondary {
		var primaries []netip.AddrPort
		for _, addr := range w.Plan.addressesOf(w.Plan.host(of.primary)) {
			primaries = append(primaries, netip.AddrPortFrom(addr, dnsPort))
		}
		if err := a.AddSecondary(dns.Fqdn(of.zone), primaries...); err != nil {
			return nil, fmt.Errorf("secondary of %s: %w", of.zone, err)
		}
	}
	return a, nil
}
