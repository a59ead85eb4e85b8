package world

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/servers/dnsd"
)

// reverseZones are the zones that lead from a network's addresses to the names
// of its hosts (RFC 1035 §3.5, RFC 3596 §2.5), served by server. They are made
// from the plan, so that they cannot contradict it. Guests, and hosts with an
// address by DHCP, are entered when they have one.
func (p *Plan) reverseZones(n *Network, server *Host) ([]*dnsd.Zone, error) {
	var zones []*dnsd.Zone
	for _, prefix := range []netip.Prefix{n.IPv4, n.IPv6} {
		if !prefix.IsValid() {
			continue
		}
		origin, err := reverseName(prefix)
		if err != nil {
			return nil, fmt.Errorf("network %s: %w", n.Name, err)
		}
		text := p.reverseText(n, prefix, server)
		zone, err := dnsd.ParseZone(strings.NewReader(text), "reverse of "+prefix.String(), origin)
		if err != nil {
			return nil, err
		}
		zones = append(zones, zone)
	}
	return zones, nil
}

// reverseText is the zone file.
func (p *Plan) reverseText(n *Network, prefix netip.Prefix, server *Host) string {
	var b strings.Builder
	ns := dns.Fqdn(server.FQDN)
	fmt.Fprintf(&b, "$TTL 3600\n@ IN SOA %s hostmaster.%s 1 7200 900 1209600 300\n@ IN NS %s\n", ns, dns.Fqdn(n.Domain), ns)
	pointer := func(at int, fqdn string) {
		for _, addr := range n.Addresses(at) {
			if !prefix.Contains(addr) || fqdn == "" {
				continue
			}
			name, err := dns.ReverseAddr(addr.String())
			if err == nil {
				fmt.Fprintf(&b, "%s IN PTR %s\n", name, dns.Fqdn(fqdn))
			}
		}
	}
	for _, h := range p.Hosts {
		if h.Network == n.Name && !h.DHCP {
			pointer(h.At, h.FQDN)
		}
	}
	for _, r := range p.Routers {
		if at := r.at(n.Name); at != 0 && n.Domain != "" {
			pointer(at, r.Name+"."+n.Domain)
		}
	}
	return b.String()
}

// reverseName is the name of the zone for a prefix. Only whole labels can be
// delegated: 8 bits of IPv4, 4 of IPv6.
func reverseName(prefix netip.Prefix) (string, error) {
	name, err := dns.ReverseAddr(prefix.Addr().String())
	if err != nil {
		return "", err
	}
	bits := 4
	if prefix.Addr().Is4() {
		bits = 8
	}
	if prefix.Bits()%bits != 0 {
		return "", fmt.Errorf("%s has no reverse zone of its own: its length is no multiple of %d", prefix, bits)
	}
	for range (prefix.Addr().BitLen() - prefix.Bits()) / bits {
		_, name, _ = strings.Cut(name, ".")
	}
	return name, nil
}
