package world

import (
	"net/netip"

	"go.yaml.in/yaml/v3"
)

// scope is a set of addresses: those of a network or a host of the plan, or a
// prefix.
type scope struct {
	name   string
	prefix netip.Prefix
}

// scopes reads sets of addresses: networks and hosts by name, or prefixes.
func (d *draft) scopes(p *[]scope) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, item := range d.items(n) {
			text := resolved(item).Value
			if prefix, err := netip.ParsePrefix(text); err == nil {
				*p = append(*p, scope{prefix: prefix})
				continue
			}
			*p = append(*p, scope{name: text})
			d.refs = append(d.refs, pending{ref: ref{text, item}, what: "network or host"})
		}
	}
}

// prefixes resolves scopes, once the plan is whole.
func (p *Plan) prefixes(scopes []scope) []netip.Prefix {
	var all []netip.Prefix
	for _, s := range scopes {
		if network := p.network(s.name); network != nil {
			for _, prefix := range []netip.Prefix{network.IPv4, network.IPv6} {
				if prefix.IsValid() {
					all = append(all, prefix)
				}
			}
		} else if host := p.host(s.name); host != nil {
			for _, addr := range p.addressesOf(host) {
				all = append(all, netip.PrefixFrom(addr, addr.BitLen()))
			}
		} else {
			all = append(all, s.prefix)
		}
	}
	return all
}
