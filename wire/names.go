package wire

import (
	"net/netip"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
)

// Names gives the host that has an address, or "".
type Names interface {
	Host(netip.Addr) string
}

// NamesFunc is a function that is [Names].
type NamesFunc func(netip.Addr) string

// Host calls f.
func (f NamesFunc) Host(a netip.Addr) string { return f(a) }

// namer finds names for who sends and receives frames. What no address tells,
// the cable does: a frame on its first link was sent by the node at its end.
type namer struct {
	names Names
	cards dissect.Recent[packet.MAC, string]
	spoke dissect.Recent[netip.Addr, string] // who has sent from an address that has no name
}

// learn notes whose card has sent a frame that is on its first link.
func (n *namer) learn(p *packet.Packet, f *frame.Frame) {
	if f.Link == nil || f.From().Kind == frame.Switch {
		return
	}
	name := f.From().Name
	if known, ok := n.cards.Get(p.Source); !ok || known != name {
		n.cards.Put(p.Source, name)
	}
	if p.From.IsValid() && !p.From.IsUnspecified() {
		if known, _ := n.spoke.Get(p.From); known != name { // an address may be lent to another, too
			n.spoke.Put(p.From, name)
		}
	}
}

func (n *namer) host(a netip.Addr) string {
	if !a.IsValid() || a.IsUnspecified() {
		return ""
	}
	if n.names != nil {
		if name := n.names.Host(a.Unmap()); name != "" {
			return name
		}
	}
	name, _ := n.spoke.Get(a)
	return name
}

// sender is who has sent p, whose first link f is on.
func (n *namer) sender(p *packet.Packet, f *frame.Frame) Endpoint {
	e := Endpoint{Host: n.host(p.From), Addr: netip.AddrPortFrom(p.From, p.FromPort)}
	if e.Host == "" && f.Link != nil && f.From().Kind != frame.Switch {
		e.Host = f.From().Name
	}
	return e
}

// receiver is who p is for. The card it is addressed to is the receiver's only
// if no router is between: where IP cannot leave the link.
func (n *namer) receiver(p *packet.Packet) Endpoint {
	e := Endpoint{Host: n.host(p.To), Addr: netip.AddrPortFrom(p.To, p.ToPort), Group: p.Destination.Group()}
	if e.Host == "" && !e.Group && (p.Type == packet.TypeARP || p.To.IsLinkLocalUnicast()) {
		e.Host, _ = n.cards.Get(p.Destination)
	}
	return e
}
