package world

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/internet/forward"
)

// NAT is how a router translates IPv4 addresses. All networks that it is on, but
// one, are private: nobody outside is told a route to them.
type NAT struct {
	Outside string // the network to which the router's address is shown
	Forward []PortForward
	FTP     bool // the FTP helper

	at *yaml.Node
}

// PortForward is a port of the router's address outside that leads to a server.
type PortForward struct {
	Port uint16
	Host string
	To   uint16
}

// nat reads "nat: core", or nat: with outside, forward and helper.
func (d *draft) nat(router *Router) func(*yaml.Node) {
	return func(n *yaml.Node) {
		nat := &NAT{at: n}
		outside := d.later("network", &nat.Outside)
		if resolved(n).Kind == yaml.ScalarNode {
			outside(n)
		} else {
			d.object(n, "a nat", fields{
				"outside": outside,
				"forward": func(n *yaml.Node) {
					d.entries(n, "forward", func(port string, at, value *yaml.Node) { d.portForward(nat, at, value) })
				},
				"helper": func(n *yaml.Node) {
					for _, item := range d.items(n) {
						if nat.FTP = resolved(item).Value == "ftp"; !nat.FTP {
							d.wrong(item, instead(resolved(item).Value, []string{"ftp"}), "there is no helper %q", resolved(item).Value)
						}
					}
				},
			})
		}
		router.NAT = nat
	}
}

// portForward reads "2121: nas:21".
func (d *draft) portForward(nat *NAT, at, value *yaml.Node) {
	var outside int
	d.number(&outside, 1, 65535)(at)
	text := resolved(value).Value
	host, number, _ := strings.Cut(text, ":")
	inside, err := strconv.ParseUint(number, 10, 16)
	if err != nil || host == "" || inside == 0 {
		d.wrong(value, "write it like nas:21", "%q is not a host and its port", text)
		return
	}
	nat.Forward = append(nat.Forward, PortForward{Port: uint16(outside), Host: host, To: uint16(inside)})
	d.refs = append(d.refs, pending{ref: ref{host, value}, what: "host"})
}

// checkNAT sees that a NAT has an outside, something inside, and that forwarded
// ports lead there.
func (d *draft) checkNAT() {
	for _, r := range d.plan.Routers {
		if r.NAT == nil {
			continue
		}
		at, outside := r.NAT.at, d.plan.network(r.NAT.Outside)
		switch {
		case r.NAT.Outside == "":
			d.wrong(at, "write nat: and the network that is outside", "the nat of %s has no outside", r.Name)
			continue
		case outside == nil:
			continue // that has been said already
		case !r.on(outside.Name):
			d.wrong(at, instead(outside.Name, d.networksOf(r)), "%s, outside the nat, is no network of %s", outside.Name, r.Name)
			continue
		case !outside.IPv4.IsValid():
			d.wrong(at, "give it ipv4:; IPv6 needs no NAT", "network %s, outside the nat of %s, has no IPv4 addresses", outside.Name, r.Name)
		case len(r.Cards) == 1:
			d.wrong(at, "give it a card on another network", "%s has nothing inside its nat", r.Name)
		}
		ports := make(map[uint16]bool)
		for _, f := range r.NAT.Forward {
			h := d.plan.host(f.Host)
			switch {
			case h == nil:
			case ports[f.Port]:
				d.wrong(at, "remove one of the two", "port %d of %s is forwarded twice", f.Port, r.Name)
			case h.Network == outside.Name:
				d.wrong(at, "name a host inside", "port %d of %s leads to %s, which is outside", f.Port, r.Name, h.Name)
			case !slices.ContainsFunc(d.plan.addressesOf(h), netip.Addr.Is4):
				d.wrong(at, "name a host with an IPv4 address", "port %d of %s leads to %s, which has none", f.Port, r.Name, h.Name)
			}
			ports[f.Port] = true
		}
	}
}

func (d *draft) networksOf(r *Router) []string {
	var names []string
	for _, card := range r.Cards {
		names = append(names, card.Network)
	}
	return names
}

// config is the NAT for the router's data plane. A port is forwarded over each
// transport on which a server listens behind it; over both, when none does: the
// host is kept for a program that is to come.
func (n *NAT) config(p *Plan, r *Router) *forward.NAT {
	c := &forward.NAT{FTP: n.FTP}
	c.Outside = slices.IndexFunc(r.Cards, func(card RouterCard) bool { return card.Network == n.Outside })
	for _, f := range n.Forward {
		h := p.host(f.Host)
		for _, to := range p.addressesOf(h) {
			if !to.Is4() {
				continue
			}
			for _, protocol := range h.listensOn(f.To) {
				c.Forward = append(c.Forward, forward.PortForward{Protocol: protocol, Port: f.Port, To: netip.AddrPortFrom(to, f.To)})
			}
		}
	}
	return c
}

func (h *Host) listensOn(number uint16) []forward.Protocol {
	both := map[string]forward.Protocol{"tcp": forward.TCP, "udp": forward.UDP}
	var some []forward.Protocol
	for _, s := range h.Servers {
		for _, port := range s.Ports() {
			if port.Number == number {
				some = append(some, both[port.Transport])
			}
		}
	}
	if some == nil {
		some = slices.Collect(maps.Values(both))
	}
	slices.Sort(some)
	return some
}

// SetNAT turns the address translation of a router on, as the plan says that it
// is, or off. Connections that are translated do not survive it. The routes stay:
// while it is off, what comes from inside can go out, but nothing finds back.
func (w *World) SetNAT(router string, on bool) error {
	r := w.Plan.router(router)
	switch {
	case r == nil:
		return fmt.Errorf("there is no router %q; %s", router, instead(router, w.natRouters()))
	case r.NAT == nil:
		return fmt.Errorf("router %s has no nat: in the world file; %s", router, instead("", w.natRouters()))
	case !on:
		return w.routers[router].SetNAT(nil)
	}
	return w.routers[router].SetNAT(r.NAT.config(w.Plan, r))
}

// NATStatus is how the address translation of one router is.
type NATStatus struct {
	Router   string
	Outside  netip.Addr // the address that all inside share
	On       bool
	Mappings []forward.Mapping // when it is on
}

// NATs lists the routers that can translate addresses.
func (w *World) NATs() []NATStatus {
	var all []NATStatus
	for _, r := range w.Plan.Routers {
		if r.NAT == nil {
			continue
		}
		router := w.routers[r.Name]
		s := NATStatus{Router: r.Name, On: router.NAT() != nil, Mappings: router.Mappings()}
		s.Outside = numberedIPv4(w.Plan.network(r.NAT.Outside).IPv4, r.at(r.NAT.Outside))
		all = append(all, s)
	}
	return all
}

func (w *World) natRouters() []string {
	var names []string
	for _, s := range w.NATs() {
		names = append(names, s.Router)
	}
	return names
}

// startNAT turns on what the plan has.
func (w *World) startNAT(r *Router, router *internet.Router) error {
	if r.NAT == nil {
		return nil
	}
	return router.SetNAT(r.NAT.config(w.Plan, r))
}
