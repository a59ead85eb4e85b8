package internet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet/forward"
)

// Router joins networks: it takes packets that come in by one card and sends
// them on by another, one hop nearer to where they are going. That is its data
// plane (package forward; the book's chapter 4), which packets on their way
// pass from card to card, without meeting a protocol stack.
//
// Beside it a router is a host: it has a stack that answers to its own
// addresses (ping, ARP, NDP), and programs can open sockets on it, such as a
// DHCP relay or a routing protocol.
type Router struct {
	Host
	forwarder forward.Forwarder
	ports     atomic.Pointer[[]*Card] // by the data plane's number of the interface
	nextHops  nextHops
}

// AddRouter adds a router; Connect gives it cards. It forwards IPv4 and IPv6
// between them as soon as they have addresses.
func (in *Internet) AddRouter(name string) (*Router, error) {
	r := &Router{}
	r.Host = Host{machine: newMachine(in, name, frame.Router, &r.nextHops), sockets: make(map[*socket]struct{})}
	r.forwarder.Clock = in.clock
	r.forwarder.Headroom = ethernetHeader
	r.onRoutes = r.configure
	r.ports.Store(new([]*Card))
	r.nextHops.start(r)

	// The stack must be able to answer by another card than the one that has
	// the address that was asked for. It does so for routers only, that is,
	// when its own forwarding is on; but nothing comes to it to be forwarded,
	// since intercept gives it only what is for the router itself.
	must(r.stack.SetForwardingDefaultAndAllNICs(ipv4.ProtocolNumber, true))
	must(r.stack.SetForwardingDefaultAndAllNICs(ipv6.ProtocolNumber, true))

	if err := in.add(name, r); err != nil {
		r.close()
		return nil, fmt.Errorf("add router: %w", err)
	}
	return r, nil
}

// Connect gives the router a card, on a new cable to a switch.
func (r *Router) Connect(sw *Switch, config CardConfig) (*Card, error) {
	return r.connect(sw, config, r.intercept)
}

// Counters says what the data plane has done. A packet whose next hop turned
// out not to answer is counted as forwarded, and as dropped.
func (r *Router) Counters() forward.Counters { return r.forwarder.Counters() }

// SetNAT makes the router translate addresses (package forward); nil ends that. It
// may be called at any time, and each time begins with an empty table. Outside is
// a card's place among Cards. Ports that the router's own programs use are left
// to them, whatever Uses says.
func (r *Router) SetNAT(config *forward.NAT) error {
	if config != nil {
		cards := *r.ports.Load()
		if config.Outside < 0 || config.Outside >= len(cards) {
			return fmt.Errorf("NAT of %s: there is no card number %d; it has %d", r.name, config.Outside, len(cards))
		}
		for _, f := range config.Forward {
			if r.has(f.To.Addr()) {
				return fmt.Errorf("NAT of %s: port %d leads to %v, which is the router itself", r.name, f.Port, f.To)
			}
		}
		c := *config
		c.Uses = r.usesPort(cards[c.Outside])
		config = &c
	}
	if err := r.forwarder.SetNAT(config); err != nil {
		return fmt.Errorf("NAT of %s: %w", r.name, err)
	}
	return nil
}

// NAT returns how addresses are translated, or nil when they are not.
func (r *Router) NAT() *forward.NAT { return r.forwarder.NAT() }

// Mappings is the NAT translation table as it is now.
func (r *Router) Mappings() []forward.Mapping { return r.forwarder.Mappings() }

// usesPort returns a function that tells whether a program on the router itself would get a
// packet from remote to local. It is called by cards' goroutines.
func (r *Router) usesPort(outside *Card) func(forward.Protocol, netip.AddrPort, netip.AddrPort) bool {
	transports := map[forward.Protocol]tcpip.TransportProtocolNumber{
		forward.TCP: tcp.ProtocolNumber, forward.UDP: udp.ProtocolNumber, forward.ICMP: icmp.ProtocolNumber4,
	}
	return func(protocol forward.Protocol, local, remote netip.AddrPort) bool {
		id := stack.TransportEndpointID{
			LocalAddress: stackAddress(local.Addr()), LocalPort: local.Port(),
			RemoteAddress: stackAddress(remote.Addr()), RemotePort: remote.Port(),
		}
		return r.stack.FindTransportEndpoint(ipv4.ProtocolNumber, transports[protocol], id, outside.id) != nil
	}
}

func (r *Router) close() {
	r.Host.close()
	r.nextHops.stop()
}

// configure tells the data plane what cards, addresses and routes there are.
// Called with machine.mu held, whenever that has changed.
func (r *Router) configure() {
	ports := slices.Clone(r.cards)
	interfaces := make([]forward.Interface, len(ports))
	numbers := make(map[string]int)
	for i, c := range ports {
		addrs := append(slices.Clone(c.addresses), c.linkLocal())
		interfaces[i] = forward.Interface{Addrs: addrs, MTU: int(c.MTU())}
		numbers[c.name] = i
	}
	var routes []forward.Route
	for _, route := range r.sortedRoutes() {
		routes = append(routes, forward.Route{Prefix: route.Dst, Via: route.Via, Out: numbers[route.Card]})
	}
	r.ports.Store(&ports) // first: the data plane must not name a card that is not there
	r.forwarder.Configure(interfaces, routes)
}

// number is the card's in the data plane: its place among the router's cards.
func (c *Card) number() int { return int(c.id - loopbackID - 1) }

// intercept is called with each frame that comes in, by its card's goroutine.
// All IP packets go to the data plane; the stack gets the rest, which is ARP.
func (r *Router) intercept(c *Card, f flight) bool {
	version := ipVersion(f.data)
	if version == 0 {
		return false
	}
	packet := f.data[ethernetHeader:]
	in := forward.Arrival{Interface: c.number(), Group: destination(f.data).multicast()}
	if len(packet) == 0 || int(packet[0]>>4) != version {
		r.forwarder.CountDrop(forward.Malformed)
		r.discard(f, in)
		return true
	}
	r.carryOut(f, in, r.forwarder.Forward(in, packet))
	return true
}

// carryOut does what was decided about the packet that came in as f.
func (r *Router) carryOut(f flight, in forward.Arrival, d forward.Decision) {
	switch d.Verdict {
	case forward.Deliver:
		r.port(d.Out).deliver(f.data)
	case forward.Drop:
		r.discard(f, in)
	case forward.Answer:
		r.discard(f, in)
		fallthrough
	case forward.Send:
		r.nextHops.send(parcel{f, in, d, nextHop{r.port(d.Out), d.NextHop}})
	}
}

// discard has observers know that the packet that came in as f goes no further. One
// that was sent to many was not for the router alone.
func (r *Router) discard(f flight, in forward.Arrival) {
	if !in.Group {
		r.port(in.Interface).link.fromB.discarded(f)
	}
}

func (r *Router) port(number int) *Card { return (*r.ports.Load())[number] }

// parcel is a packet that is to leave the router.
type parcel struct {
	came     flight // as what it came in; or, of an ICMP error, the packet that it is about
	in       forward.Arrival
	decision forward.Decision
	to       nextHop
}

// nextHop is a node on one of the router's links.
type nextHop struct {
	card *Card
	addr netip.Addr
}

// put sends a parcel, now that the Ethernet address of its next hop is known.
func (p *parcel) put(to mac) {
	p.putFrame(to, p.decision.Packet)
	for _, fragment := range p.decision.Rest {
		p.putFrame(to, fragment)
	}
}

func (p *parcel) putFrame(to mac, data []byte) {
	card := p.to.card
	*(*mac)(data[0:]) = to
	*(*mac)(data[6:]) = card.address
	binary.BigEndian.PutUint16(data[12:], etherTypeOf(data[ethernetHeader]>>4))
	if p.decision.Verdict == forward.Answer {
		card.send(data) // the router's own packet: it has crossed no link yet
		return
	}
	card.forward(p.came, data)
}

// ipVersion is 4 or 6, or 0 of a frame that carries something else.
func ipVersion(data []byte) int {
	switch binary.BigEndian.Uint16(data[12:]) {
	case uint16(ipv4.ProtocolNumber):
		return 4
	case uint16(ipv6.ProtocolNumber):
		return 6
	}
	return 0
}

func etherTypeOf(version byte) uint16 {
	if version == 6 {
		return uint16(ipv6.ProtocolNumber)
	}
	return uint16(ipv4.ProtocolNumber)
}
