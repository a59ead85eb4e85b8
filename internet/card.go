package internet

import (
	"hash/fnv"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// CardConfig describes a network card and the cable that it is put on.
type CardConfig struct {
	Name  string           // "" means eth0, eth1 …
	Link  string           // the cable; "" means the host's name, from the second card on with the card's
	MAC   net.HardwareAddr // nil means an address made from the names, the same in every run
	Addrs []netip.Prefix   // the card's addresses, with the length of their network's prefix
	MTU   int              // the largest IP packet, in bytes; 0 means the Internet's
}

// Card is a network card. To the protocol stack it is an Ethernet interface
// without offload: what it sends fits the MTU and has its checksums, as it is
// on a cable.
//
// The stack sends with its locks held, so a frame is copied once, into a slice
// that is never changed again, and goes down the cable into other cards'
// queues. What arrives in this card's queue is received by a goroutine of the
// card's own: no stack is ever entered from another's.
type Card struct {
	machine *machine
	name    string
	id      tcpip.NICID
	address mac
	mtu     atomic.Uint32
	link    *Link
	in      *inbox

	// intercept, when a router sets it (before the card is connected), is
	// called by the card's goroutine with each frame that arrives for the
	// card. The stack does not get those for which it returns true.
	intercept func(*Card, flight) bool

	toStack atomic.Pointer[stack.NetworkDispatcher] // nil: the stack has let go of the card

	// The following belong to machine.mu.
	addresses []netip.Prefix
	bound     int  // packet sockets that are tied to the card
	nameless  bool // the card has 0.0.0.0, so that those can work without an address
}

// CardInfo is what a host's list of interfaces says of a card.
type CardInfo struct {
	Name  string
	MAC   net.HardwareAddr
	MTU   int
	Addrs []netip.Prefix // as given, then the link-local address
	Link  *Link
}

// Name is the card's name on its host, as "eth0".
func (c *Card) Name() string { return c.name }

// MAC is the card's Ethernet address.
func (c *Card) MAC() net.HardwareAddr { return slices.Clone(c.address[:]) }

// Link is the cable that the card is on.
func (c *Card) Link() *Link { return c.link }

// MACOf is the Ethernet address that the card of that name on that node has, if
// none is chosen: the same in every run. Who takes a host's place should have it.
func MACOf(node, card string) net.HardwareAddr {
	address := stableMAC(node, card)
	return address[:]
}

// stableMAC makes an Ethernet address of names. It is marked as locally
// administered (IEEE 802-2014 §8.4), so that it is nobody's in the world.
func stableMAC(names ...string) mac {
	sum := fnv.New64a()
	for _, name := range names {
		sum.Write([]byte(name))
		sum.Write([]byte{0})
	}
	n := sum.Sum64()
	return mac{0x02, byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

// admit is called by the lane that leads here. Frames for others, which a
// switch floods, do not cost the card's goroutine anything.
func (c *Card) admit(data []byte) bool { return !c.wants(data) || c.in.reserve() }

func (c *Card) take(f flight) {
	if c.wants(f.data) {
		c.in.put(f)
	}
}

// wants is the filter in the card's hardware.
func (c *Card) wants(data []byte) bool {
	if len(data) < ethernetHeader {
		return false
	}
	to := destination(data)
	return to == c.address || to.multicast()
}

func (c *Card) receive(f flight) {
	if c.intercept != nil && c.intercept(c, f) {
		return
	}
	c.deliver(f.data)
}

// deliver gives a frame to the stack.
func (c *Card) deliver(data []byte) {
	to := c.toStack.Load()
	if to == nil {
		return
	}
	c.hearTooBig(data)
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(heeded(data))})
	defer pkt.DecRef()
	pkt.LinkHeader().Consume(ethernetHeader)
	pkt.PktType = packetType(destination(data))
	(*to).DeliverNetworkPacket(header.Ethernet(data).Type(), pkt)
}

// packetType tells the stack whom a frame was for: the card itself, as only such
// frames are let in, or a group that it belongs to.
func packetType(to mac) tcpip.PacketType {
	switch {
	case !to.multicast():
		return tcpip.PacketHost
	case to == mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}:
		return tcpip.PacketBroadcast
	}
	return tcpip.PacketMulticast
}

// send puts a frame, whose source address is the card's, on the cable as a
// packet of this machine's own.
func (c *Card) send(data []byte) { c.link.enter(data) }

// forward puts data on the cable as the next sighting of the packet that
// arrived as f: a router's frame keeps the packet's ID. The caller gives data
// away.
func (c *Card) forward(f flight, data []byte) {
	f = f.next()
	f.at = c.machine.net.clock.Now()
	f.data = data
	c.link.fromA.send(f)
}

// WritePackets implements stack.LinkWriter.
func (c *Card) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	for _, pkt := range packets.AsSlice() {
		data := wholeFrame(pkt)
		mtu, narrow := c.pathMTU(data)
		if !narrow {
			c.send(data)
			continue
		}
		for _, fragment := range cutIPv6(data, mtu) {
			c.send(fragment)
		}
	}
	return packets.Len(), nil
}

// wholeFrame copies what a packet's headers and data are.
func wholeFrame(pkt *stack.PacketBuffer) []byte {
	data := make([]byte, 0, pkt.Size())
	views, skip := pkt.AsViewList()
	for v := views.Front(); v != nil; v = v.Next() {
		part := v.AsSlice()
		n := min(skip, len(part))
		skip -= n
		data = append(data, part[n:]...)
	}
	return data
}

// AddHeader implements stack.NetworkLinkEndpoint.
func (c *Card) AddHeader(pkt *stack.PacketBuffer) {
	eth := header.Ethernet(pkt.LinkHeader().Push(ethernetHeader))
	eth.Encode(&header.EthernetFields{
		SrcAddr: tcpip.LinkAddress(c.address[:]),
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

// ParseHeader implements stack.NetworkLinkEndpoint.
func (c *Card) ParseHeader(pkt *stack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(ethernetHeader)
	return ok
}

// Attach implements stack.NetworkLinkEndpoint.
func (c *Card) Attach(to stack.NetworkDispatcher) {
	if to == nil {
		c.toStack.Store(nil)
		return
	}
	c.toStack.Store(&to)
}

// IsAttached implements stack.NetworkLinkEndpoint.
func (c *Card) IsAttached() bool { return c.toStack.Load() != nil }

// MTU implements stack.NetworkLinkEndpoint.
func (c *Card) MTU() uint32 { return c.mtu.Load() }

// SetMTU implements stack.NetworkLinkEndpoint.
func (c *Card) SetMTU(mtu uint32) { c.mtu.Store(mtu) }

// MaxHeaderLength implements stack.NetworkLinkEndpoint.
func (c *Card) MaxHeaderLength() uint16 { return ethernetHeader }

// LinkAddress implements stack.NetworkLinkEndpoint.
func (c *Card) LinkAddress() tcpip.LinkAddress { return tcpip.LinkAddress(c.address[:]) }

// SetLinkAddress implements stack.NetworkLinkEndpoint: the address is burnt in.
func (c *Card) SetLinkAddress(tcpip.LinkAddress) {}

// Capabilities implements stack.NetworkLinkEndpoint: addresses are to be
// resolved (ARP, NDP), and nothing is offloaded.
func (c *Card) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityResolutionRequired
}

// ARPHardwareType implements stack.NetworkLinkEndpoint.
func (c *Card) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }

// Close implements stack.NetworkLinkEndpoint.
func (c *Card) Close() {}

// Wait implements stack.NetworkLinkEndpoint.
func (c *Card) Wait() {}

// SetOnCloseAction implements stack.NetworkLinkEndpoint.
func (c *Card) SetOnCloseAction(func()) {}
