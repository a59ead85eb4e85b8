package world

import (
	"fmt"
	"slices"
)

// check finds what is wrong between the parts of a world file: names that
// nobody has, numbers that two hosts have, servers that share a port.
func (d *draft) check() {
	d.checkNames()
	d.checkRefs()
	d.checkNetworks()
	d.checkNumbers()
	d.checkPorts()
	d.checkDHCP()
	d.checkNAT()
	d.checkMail()
	d.resolveGateways()
}

// checkNames sees that a name means one thing: hosts and routers both are
// columns of a ladder, and a network's switch is a node beside them.
func (d *draft) checkNames() {
	if len(d.plan.Hosts) == 0 {
		d.problems = append(d.problems, Problem{File: d.file, Line: 1, What: "the world has no hosts", Instead: "write networks: and hosts:, as docs/worlds.md shows"})
	}
	taken := make(map[string]string)
	claim := func(name, what string, definition any) {
		if other := taken[name]; other != "" {
			d.wrong(d.at[definition], "give one of them another name", "%s is the name of a %s and of a %s", name, other, what)
		}
		taken[name] = what
	}
	for _, n := range d.plan.Networks {
		claim(n.Name, "network", n)
	}
	for _, r := range d.plan.Routers {
		claim(r.Name, "router", r)
	}
	for _, h := range d.plan.Hosts {
		claim(h.Name, "host", h)
		if h.FQDN == "" {
			if network := d.plan.network(h.Network); network != nil && network.Domain != "" {
				h.FQDN = h.Name + "." + network.Domain
			}
		}
	}
}

// checkRefs sees that what is mentioned is defined.
func (d *draft) checkRefs() {
	known := map[string][]string{"link": d.plan.links()}
	for _, n := range d.plan.Networks {
		known["network"] = append(known["network"], n.Name)
	}
	for _, r := range d.plan.Routers {
		known["router"] = append(known["router"], r.Name)
	}
	for _, h := range d.plan.Hosts {
		known["host"] = append(known["host"], h.Name)
	}
	known["network or host"] = slices.Concat(known["network"], known["host"])
	for _, p := range d.refs {
		if !slices.Contains(known[p.what], p.name) {
			d.wrong(p.node, instead(p.name, slices.Clone(known[p.what])), "there is no %s %q", p.what, p.name)
			continue
		}
		if h := d.plan.host(p.name); h != nil && h.DHCP && !p.moves && p.what != "link" {
			d.wrong(p.node, "name a host with an address of its own", "%s gets its address by DHCP: tomorrow it may have another", p.name)
		}
	}
}

// links are the names of all links that the plan will have.
func (p *Plan) links() []string {
	var names []string
	for _, h := range p.Hosts {
		names = append(names, h.Name)
	}
	for _, r := range p.Routers {
		for _, card := range r.Cards {
			names = append(names, routerLink(r.Name, card.Network))
		}
	}
	return names
}

func routerLink(router, network string) string { return router + "-" + network }

func (d *draft) checkNetworks() {
	for i, n := range d.plan.Networks {
		if !n.IPv4.IsValid() && !n.IPv6.IsValid() {
			d.wrong(d.at[n], "write ipv4: 192.0.2.0/24, or ipv6: 2001:db8:1::/64, or both", "network %s has no addresses", n.Name)
		}
		for _, other := range d.plan.Networks[:i] {
			if n.IPv4.IsValid() && other.IPv4.IsValid() && n.IPv4.Overlaps(other.IPv4) {
				d.wrong(d.at[n], "give each network addresses of its own", "%s of %s overlaps %s of %s", n.IPv4, n.Name, other.IPv4, other.Name)
			}
			if n.IPv6.IsValid() && other.IPv6.IsValid() && n.IPv6.Overlaps(other.IPv6) {
				d.wrong(d.at[n], "give each network addresses of its own", "%s of %s overlaps %s of %s", n.IPv6, n.Name, other.IPv6, other.Name)
			}
		}
		if r := d.plan.router(n.Router); r != nil && !slices.ContainsFunc(r.Cards, func(c RouterCard) bool { return c.Network == n.Name }) {
			d.wrong(d.at[n], fmt.Sprintf("give %s a card there: cards: {%s: 1}", r.Name, n.Name), "router %s is not on network %s", r.Name, n.Name)
		}
	}
}

// checkNumbers sees that numbers fit their network, and that each is given once.
func (d *draft) checkNumbers() {
	type place struct {
		network string
		number  int
	}
	owner := make(map[place]string)
	claim := func(name, network string, number int, definition any) {
		n := d.plan.network(network)
		if n == nil {
			return
		}
		at := d.at[definition]
		if h, ok := definition.(*Host); ok && h.DHCP && number == 0 {
			return
		}
		if number == 0 {
			d.wrong(at, "write at: and a number, as in at: 53", "%s has no number on its network", name)
			return
		}
		if n.IPv4.IsValid() && number > lastNumber(n) {
			d.wrong(at, fmt.Sprintf("take a number up to %d", lastNumber(n)), "number %d of %s does not fit into %s", number, name, n.IPv4)
			return
		}
		if n.Guests.Contains(number) {
			d.wrong(at, fmt.Sprintf("take one outside %d-%d", n.Guests.First, n.Guests.Last), "number %d of %s is kept for guests of %s", number, name, network)
		}
		here := place{network, number}
		if other := owner[here]; other != "" {
			d.wrong(at, "give one of them another number", "%s and %s both have number %d on %s", other, name, number, network)
		}
		owner[here] = name
	}
	for _, r := range d.plan.Routers {
		for _, card := range r.Cards {
			claim(r.Name, card.Network, card.At, r)
		}
	}
	for _, h := range d.plan.Hosts {
		if h.Network == "" {
			d.wrong(d.at[h], "write on: and the name of a network", "host %s is on no network", h.Name)
			continue
		}
		claim(h.Name, h.Network, h.At, h)
	}
}

// lastNumber is the highest usable host number: the last address of an IPv4
// network is its broadcast address.
func lastNumber(n *Network) int {
	if !n.IPv4.IsValid() {
		return maxNumber
	}
	return min(maxNumber, 1<<(32-n.IPv4.Bits())-2)
}

func (d *draft) checkPorts() {
	for _, h := range d.plan.Hosts {
		owner := make(map[Port]string)
		for _, s := range h.Servers {
			for _, port := range s.Ports() {
				if other := owner[port]; other != "" {
					d.wrong(d.at[h], "give one of them another port", "%s and %s of %s both listen on %s port %d", other, s.Kind, h.Name, port.Transport, port.Number)
				}
				owner[port] = s.Kind
			}
		}
	}
}

// resolveGateways makes of each gateway one for each transport that listens
// behind it.
func (d *draft) resolveGateways() {
	var all []Gateway
	for _, g := range d.plan.Gateways {
		host := d.plan.host(g.Host)
		if g.Transport == "socks" || host == nil {
			all = append(all, g)
			continue
		}
		before := len(all)
		for _, s := range host.Servers {
			for _, port := range s.Ports() {
				if port.Number == g.To {
					all = append(all, Gateway{Port: g.Port, Transport: port.Transport, Host: g.Host, To: g.To})
				}
			}
		}
		if len(all) == before {
			d.wrong(d.at[g], "name a port that a server of the host listens on", "nothing on %s listens on port %d", g.Host, g.To)
		}
	}
	d.plan.Gateways = all
}
