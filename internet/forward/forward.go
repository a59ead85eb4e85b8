package forward

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/wirebook/wirebook/clock"
)

// Interface is one of the router's network cards, as the data plane sees it.
// Its number is its place in the slice that Configure was given.
type Interface struct {
	Addrs []netip.Prefix // its own addresses, each with the length of its network's prefix
	MTU   int            // the largest packet that its link carries, in bytes
}

// Arrival says how a packet came to the router.
type Arrival struct {
	Interface int  // the number of the interface
	Group     bool // the frame was for a group of stations: broadcast or multicast
}

// Verdict is what is to be done.
type Verdict uint8

// The verdicts.
const (
	Drop    Verdict = iota // nothing is sent
	Deliver                // the packet, as it came, is for the router itself
	Send                   // it goes on
	Answer                 // it is dropped, and its sender is told why
)

// Decision is what becomes of one packet.
type Decision struct {
	Verdict Verdict
	Reason  Reason // of Drop and Answer: why

	// Out is the interface to send on. For Deliver it is the one that has
	// the packet's destination as its own address.
	Out     int
	NextHop netip.Addr // the node on that link to send it to

	// Packet is what to send: the packet, one hop older, or an ICMP
	// message. Its first Headroom bytes are free, for the link's header.
	Packet []byte
	Rest   [][]byte // when it had to be cut: the further fragments, made alike
}

// Forwarder decides where packets go. The zero value drops everything; give
// it interfaces and routes with Configure. All methods may be called by many
// goroutines at once.
type Forwarder struct {
	// Clock limits the rate of ICMP errors; nil is the machine's.
	Clock clock.Clock

	// Headroom is how many bytes to leave free before every packet made, so
	// that the link's header can be written there.
	Headroom int

	configuring sync.Mutex // one change of the plane at a time

	plane    atomic.Pointer[plane]
	errors   bucket
	ident    atomic.Uint32 // of the IPv4 packets that the router makes itself
	counters counters
}

// plane is what is known of the network; it is replaced, never changed.
type plane struct {
	interfaces []Interface
	own        map[netip.Addr]int // address -> interface; but see plane.owner
	broadcasts map[netip.Addr]int // of each network here, the broadcast address -> interface
	table      *Table

	nat     *nat       // nil: no addresses are translated
	outside netip.Addr // the one that all behind the NAT share, if there is one
}

// Configure tells the forwarder which interfaces and routes there are. The
// interfaces' own networks are routes of themselves, and need not be given.
// Packets that are being forwarded at this moment see either all of the old
// or all of the new.
func (f *Forwarder) Configure(interfaces []Interface, routes []Route) {
	f.configuring.Lock()
	defer f.configuring.Unlock()
	p := &plane{
		interfaces: interfaces,
		own:        make(map[netip.Addr]int),
		broadcasts: make(map[netip.Addr]int),
	}
	var all []Route
	for i, nic := range interfaces {
		for _, addr := range nic.Addrs {
			if addr.Addr().IsLinkLocalUnicast() {
				continue // known on its own link only
			}
			p.own[addr.Addr()] = i
			if b, ok := broadcast(addr); ok {
				p.broadcasts[b] = i
			}
			all = append(all, Route{Prefix: addr.Masked(), Out: i})
		}
	}
	for _, r := range routes {
		if r.Prohibited || r.Out >= 0 && r.Out < len(interfaces) {
			all = append(all, r)
		}
	}
	p.table = NewTable(all)
	if old := f.plane.Load(); old != nil {
		p.nat = old.nat
	}
	p.findOutside()
	f.plane.Store(p)
}

// Forward decides about one packet that came in. The packet must not be
// changed by anyone while a Decision about it is in use.
func (f *Forwarder) Forward(in Arrival, packet []byte) Decision {
	return f.counters.count(f.decide(in, packet))
}

// Unreachable is for a packet that Forward had sent on its way, but whose next
// hop does not answer: the sender is told so (RFC 1812 §5.2.7.1). It
// is given as it came in.
func (f *Forwarder) Unreachable(in Arrival, packet []byte) Decision {
	d := Decision{Reason: HostUnreachable}
	if p := f.plane.Load(); p != nil && in.Interface < len(p.interfaces) {
		if ip, reason := checkIPv4(packet); reason == None {
			d = f.tellIPv4(p, in, ip, HostUnreachable, 0)
		} else if ip, reason := checkIPv6(packet); reason == None {
			d = f.tellIPv6(p, in, ip, HostUnreachable, 0)
		}
	}
	return f.counters.count(d)
}

func (f *Forwarder) decide(in Arrival, packet []byte) Decision {
	p := f.plane.Load()
	if p == nil || in.Interface >= len(p.interfaces) {
		return Decision{Reason: NoRoute}
	}
	if len(packet) > 0 && packet[0]>>4 == 6 {
		return f.forwardIPv6(p, in, packet)
	}
	return f.forwardIPv4(p, in, packet)
}

// local finds the interface that a packet is for, when it is for the router
// itself: by one of its own addresses, whichever interface that is on (RFC
// 1812 §5.2.3), or as one of a group on the link that it came by.
func (p *plane) local(in Arrival, dst netip.Addr) (number int, ours bool) {
	switch {
	case dst.IsMulticast(), dst == limitedBroadcast:
		return in.Interface, true
	case dst.IsLinkLocalUnicast():
		return in.Interface, p.interfaces[in.Interface].has(dst)
	}
	if i, ok := p.own[dst]; ok {
		return i, !in.Group
	}
	i, ok := p.broadcasts[dst]
	return i, ok && i == in.Interface
}

func (n *Interface) has(a netip.Addr) bool {
	for _, own := range n.Addrs {
		if own.Addr() == a {
			return true
		}
	}
	return false
}

// mayForward tells whether a packet between these two may leave the link that
// it is on at all.
func (p *plane) mayForward(in Arrival, src, dst netip.Addr) Reason {
	_, directed := p.broadcasts[dst]
	switch {
	case in.Group, directed: // RFC 1812 §5.3.4, RFC 2644
		return Broadcast
	case martian(src), martian(dst):
		return Martian
	case src.IsLinkLocalUnicast(), dst.IsLinkLocalUnicast(): // RFC 3927 §7, RFC 4291 §2.5.6
		return OutOfScope
	}
	return None
}

// martian tells whether no packet can truly come from or go to a, since it is
// nobody's address on any network (RFC 1812 §5.3.7).
func martian(a netip.Addr) bool {
	if a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() {
		return true
	}
	if !a.Is4() {
		return false
	}
	first := a.As4()[0]
	return first == 0 || first >= 240
}

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// broadcast is the address of all nodes of an IPv4 network. Networks of one
// or two addresses have none (RFC 3021).
func broadcast(network netip.Prefix) (netip.Addr, bool) {
	if !network.Addr().Is4() || network.Bits() > 30 {
		return netip.Addr{}, false
	}
	a := network.Addr().As4()
	for bit := network.Bits(); bit < 32; bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(a), true
}
