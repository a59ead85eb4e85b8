package forward

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// NAT makes a router one that translates addresses: a NAPT (RFC 3022 §2.2), as
// stands in every home. All hosts inside share the first IPv4 address of one
// interface, and each of their endpoints gets a port of that address.
//
// It behaves as RFC 4787 (UDP), RFC 5382 (TCP) and RFC 5508 (ICMP) ask:
//
//   - Mapping is endpoint-independent (RFC 4787 §4.1): as long as it is in use,
//     an endpoint inside has the same port outside, whomever it talks to.
//   - The port is kept if it is free, else the next free one is taken, with the
//     same parity and on the same side of 1024 (RFC 4787 §4.2).
//   - Filtering is address and port-dependent (RFC 4787 §5): only a remote
//     endpoint that was written to can answer. It is the strictest kind, and
//     what the firewall of a home router does.
//   - Hosts inside reach each other by their ports outside (hairpinning, RFC
//     4787 §6).
//
// Of ICMP it translates echo, and errors together with the packet that they
// quote. Other protocols have no ports to tell hosts apart by; they do not pass.
// IPv6 is forwarded as without a NAT: there are addresses enough.
type NAT struct {
	// Outside is the number of the interface that leads to the world. All
	// others are inside.
	Outside int

	// Forward are the ports that lead to servers inside.
	Forward []PortForward

	// FTP has the NAT look into FTP's control connections, and change the
	// addresses that it finds there. It is off by default: who can make a
	// program inside write a line to a port 21 outside can open its ports.
	FTP bool

	// Uses, if it is set, reports whether the router itself would take a
	// packet from remote to local, which is a port of the shared address.
	// Such a port is not given to a host inside.
	Uses func(protocol Protocol, local, remote netip.AddrPort) bool

	// MaxSessions bounds the table, and MaxPerHost the part of it that one
	// host inside can fill. 0 means 8192 and 1024.
	MaxSessions, MaxPerHost int
}

const (
	defaultMaxSessions = 8192
	defaultMaxPerHost  = 1024
)

// PortForward leads a port of the shared address to an endpoint inside.
type PortForward struct {
	Protocol Protocol // TCP or UDP
	Port     uint16
	To       netip.AddrPort
}

// Protocol is the number of a protocol above IP that a NAT can translate.
type Protocol uint8

// The protocols that a NAT can translate.
const (
	ICMP Protocol = 1
	TCP  Protocol = 6
	UDP  Protocol = 17
)

func (p Protocol) String() string {
	switch p {
	case ICMP:
		return "icmp"
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return fmt.Sprintf("protocol %d", uint8(p))
}

// MarshalText gives the name, for tables that a page shows.
func (p Protocol) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Mapping is a line of a NAT's table, as the book's NAT translation table has
// them, and for each remote endpoint one: that is a session (RFC 2663 §2.3). Of
// ICMP, the port is the identifier of the echo requests, and the remote has none.
type Mapping struct {
	Protocol Protocol       `json:"protocol"`
	Inside   netip.AddrPort `json:"inside"`
	Outside  netip.AddrPort `json:"outside"`
	Remote   netip.AddrPort `json:"remote,omitzero"`  // the zero value: nobody yet; with port 0: from any port
	Static   bool           `json:"static,omitempty"` // the port is forwarded, by configuration
	Expires  time.Time      `json:"expires,omitzero"` // if nothing is said until then; zero: never
}

// SetNAT turns address translation on; nil turns it off. Each call begins with
// an empty table: connections that were translated are cut off.
func (f *Forwarder) SetNAT(config *NAT) error {
	f.configuring.Lock()
	defer f.configuring.Unlock()
	p := &plane{}
	if old := f.plane.Load(); old != nil {
		*p = *old
	}
	p.nat = nil
	if config != nil {
		n, err := newNAT(*config, clock.Or(f.Clock))
		if err != nil {
			return err
		}
		p.nat = n
	}
	p.findOutside()
	f.plane.Store(p)
	return nil
}

// NAT returns the configuration, or nil when no addresses are translated.
func (f *Forwarder) NAT() *NAT {
	p := f.plane.Load()
	if p == nil || p.nat == nil {
		return nil
	}
	config := p.nat.NAT
	config.Forward = slices.Clone(config.Forward)
	return &config
}

// Mappings returns the table as it is now, by protocol and outside port. It is
// empty without a NAT.
func (f *Forwarder) Mappings() []Mapping {
	p := f.plane.Load()
	if p == nil || p.nat == nil {
		return nil
	}
	n := p.nat
	n.mu.Lock()
	rows := n.table.rows(n.clock.Now(), p.outside)
	n.mu.Unlock()
	slices.SortFunc(rows, func(a, b Mapping) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), a.Outside.Compare(b.Outside), a.Remote.Compare(b.Remote))
	})
	return rows
}

// nat is a NAT at work.
type nat struct {
	NAT
	clock clock.Clock

	mu        sync.Mutex
	table     table
	fragments fragments
}

func newNAT(config NAT, c clock.Clock) (*nat, error) {
	config.Forward = slices.Clone(config.Forward)
	config.MaxSessions = cmp.Or(config.MaxSessions, defaultMaxSessions)
	config.MaxPerHost = cmp.Or(config.MaxPerHost, defaultMaxPerHost)
	n := &nat{NAT: config, clock: c}
	n.table.init(config.MaxSessions, config.MaxPerHost)
	for _, f := range config.Forward {
		switch {
		case f.Protocol != TCP && f.Protocol != UDP:
			return nil, fmt.Errorf("forward %v port %d: only tcp and udp have ports", f.Protocol, f.Port)
		case f.Port == 0 || f.To.Port() == 0:
			return nil, errors.New("forward: there is no port 0")
		case !f.To.Addr().Is4() || martian(f.To.Addr()):
			return nil, fmt.Errorf("forward %v port %d to %v: it must be the IPv4 address of a host", f.Protocol, f.Port, f.To)
		case n.table.at(f.Protocol, f.Port) != nil:
			return nil, fmt.Errorf("forward %v port %d: it is forwarded twice", f.Protocol, f.Port)
		}
		n.table.addStatic(f.Protocol, f.Port, endpointOf(f.To))
	}
	return n, nil
}

// findOutside finds the address that all share: the outside interface's first.
func (p *plane) findOutside() {
	p.outside = netip.Addr{}
	if p.nat == nil || p.nat.Outside < 0 || p.nat.Outside >= len(p.interfaces) {
		return
	}
	for _, own := range p.interfaces[p.nat.Outside].Addrs {
		if own.Addr().Is4() {
			p.outside = own.Addr()
			return
		}
	}
}

// inward is the step before "deliver": it changes the destination of a packet
// that is for the shared address, and for a host behind it. What it makes is a
// copy, after the headroom. When it makes none, the packet goes on as it came.
func (f *Forwarder) inward(p *plane, in Arrival, came ipv4) (made []byte, reason Reason) {
	n, src, dst := p.nat, came.src(), came.dst()
	fromOutside := in.Interface == n.Outside
	if i, own := p.own[dst]; own && fromOutside && i != n.Outside {
		return nil, Filtered // the router would answer from its address inside
	}
	if dst != p.outside || in.Group || martian(src) {
		return nil, None
	}
	if _, own := p.own[src]; own {
		return nil, Martian
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock.Now()
	if !n.wants(came, fromOutside, now) {
		return nil, None
	}
	made = f.copy(came)
	packet := ipv4(made[f.Headroom:])
	if packet.isLaterFragment() {
		n.fragments.follow(packet)
		return made, None
	}
	if !fromOutside { // a hairpin: as if it had gone out, and come back
		packet, reason = n.translateSource(p, packet, p.interfaces[in.Interface].MTU, now)
		if reason != None {
			return nil, reason
		}
	}
	switch reason := n.translateDestination(packet, now); {
	case reason != None:
		return nil, reason
	case packet.dst() == dst:
		return nil, None // it was for the router itself
	}
	n.fragments.remember(came.fragmentKey(), packet, now)
	return f.keep(made, packet), None
}

// cross is the step after "route": it says which packets may pass between
// inside and outside, and changes the source of those that go out. made holds
// the packet; it is returned, or another in which the packet has grown.
func (f *Forwarder) cross(p *plane, in Arrival, route Route, made []byte, translated bool) ([]byte, Reason) {
	n := p.nat
	fromOutside, toOutside := in.Interface == n.Outside, route.Out == n.Outside
	switch {
	case translated && toOutside:
		return nil, NoRoute // the host inside is gone, and its address means nothing outside
	case fromOutside && !toOutside && !translated:
		return nil, Filtered // nobody outside can know addresses inside
	case fromOutside || !toOutside:
		return made, None
	case !p.outside.IsValid():
		return nil, Untranslatable // there is no address to share
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock.Now()
	packet := ipv4(made[f.Headroom:])
	if packet.isLaterFragment() {
		if !n.fragments.follows(packet, now) {
			return nil, Orphan
		}
		n.fragments.follow(packet)
		return made, None
	}
	key := packet.fragmentKey()
	packet, reason := n.translateSource(p, packet, p.interfaces[route.Out].MTU, now)
	if reason != None {
		return nil, reason
	}
	n.fragments.remember(key, packet, now)
	return f.keep(made, packet), None
}

// keep returns made if the packet is still in it, or else makes anew.
func (f *Forwarder) keep(made []byte, packet ipv4) []byte {
	if &packet[0] == &made[f.Headroom] {
		return made
	}
	return f.copy(packet)
}

// leaks tells whether the router would show one of its addresses inside to
// somebody outside.
func (p *plane) leaks(route Route, from netip.Addr) bool {
	return p.nat != nil && route.Out == p.nat.Outside && from.Is4() && p.own[from] != p.nat.Outside
}
