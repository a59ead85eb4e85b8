package dhcpd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// request is a client's message, as far as it matters to the server. The zero
// Addr stands for a field that is not filled in. Its bytes are those of the packet,
// and valid as long as that is.
type request struct {
	packet []byte
	options
	client client
	relay  netip.Addr // giaddr
	has    netip.Addr // ciaddr: the address that the client has and uses
	wish   netip.Addr // option 50: the one that it wants
	server netip.Addr // option 54: the server that is meant
	pool   *pool

	madeUp [1 + maxHardware]byte // the identifier of a client that sends none
}

const (
	maxIdentifier = 255 // bytes: what one option can hold
	maxHardware   = 16  // bytes of an address of a card
)

// read understands a message.
func (r *request) read(b []byte) error {
	*r = request{packet: b}
	switch {
	case len(b) < atOptions:
		return errCutOff
	case !bytes.Equal(b[atCookie:atOptions], cookie):
		return errors.New("it is not DHCP")
	case b[atOp] != byte(dhcpv4.OpcodeBootRequest):
		return errors.New("a reply is for clients")
	}
	if err := r.options.parse(b[atOptions:]); err != nil {
		return err
	}
	r.relay, r.has = addrOf(b[atGIAddr:atCHAddr]), addrOf(b[atCIAddr:atYIAddr])
	r.wish, r.server = addrOf(r.options.address), addrOf(r.options.server)
	return r.identify()
}

// identify says who the client is: by the identifier that it sends, or else by the
// address of its card (RFC 2131 §4.2).
func (r *request) identify() error {
	length := min(int(r.packet[atHLen]), maxHardware)
	name := strings.TrimRight(string(r.options.hostName), "\x00")
	r.client = client{
		id: r.options.client, mac: net.HardwareAddr(r.packet[atCHAddr : atCHAddr+length]),
		name: name[:min(len(name), maxIdentifier)],
	}
	if len(r.client.id) < 2 { // RFC 2132 §9.14
		if length == 0 {
			return errors.New("the client does not say who it is")
		}
		r.client.id = append(append(r.madeUp[:0], r.packet[atHType]), r.client.mac...)
	}
	if len(r.client.id) > maxIdentifier {
		return errors.New("the client's identifier is too long")
	}
	return nil
}

// keep is a copy of r for later, when another packet has taken the place of its.
func (r *request) keep() *request {
	kept := new(request)
	kept.read(bytes.Clone(r.packet)) // which was right before
	kept.pool = r.pool
	return kept
}

// kind is the message's type.
func (r *request) kind() dhcpv4.MessageType {
	if len(r.options.kind) != 1 {
		return dhcpv4.MessageTypeNone
	}
	return dhcpv4.MessageType(r.options.kind[0])
}

// lease is how long the client gets the address for: as long as it asks for
// (option 51), up to what the network gives.
func (r *request) lease() time.Duration {
	longest := r.pool.lease()
	if b := r.options.lease; len(b) == 4 {
		if asked := time.Duration(binary.BigEndian.Uint32(b)) * time.Second; asked > 0 {
			return min(asked, longest)
		}
	}
	return longest
}

// reply sends an OFFER or ACK with the address a, and with what a host must
// know beside it. Without an address it is the answer to INFORM.
func (c *conversation) reply(r *request, kind dhcpv4.MessageType, a netip.Addr) {
	b := append(blank(r), r.pool.common...)
	if a.IsValid() {
		putAddr(b[atYIAddr:], a)
		b = appendSeconds(b, optionLease, r.lease())
	}
	if kind == dhcpv4.MessageTypeAck {
		copy(b[atCIAddr:atYIAddr], r.packet[atCIAddr:atYIAddr])
	}
	b = c.sign(b, kind)
	if a.IsValid() {
		b = appendSeconds(b, optionT1, r.lease()/2)
		b = appendSeconds(b, optionT2, r.lease()/8*7)
	}
	d := datagram{c.destination(r), finish(echo(b, r))}
	if kind == dhcpv4.MessageTypeAck && a.IsValid() {
		c.book.after(d, c.post)
		return
	}
	c.post(d)
}

// nak is the refusal. It has no configuration (RFC 2131 table 3), and is
// broadcast, since the client may have no right to the address that it uses.
func (c *conversation) nak(r *request, why string) datagram {
	b := c.sign(blank(r), dhcpv4.MessageTypeNak)
	b = finish(echo(appendOption(b, optionText, []byte(why)), r))
	if r.relay.IsValid() {
		b[atFlags] |= 0x80 // BROADCAST, for the relay agent
		return datagram{netip.AddrPortFrom(r.relay, serverPort), b}
	}
	return datagram{everybody, b}
}

// blank is a reply with the fields that all of them have (RFC 2131 table 3). The
// options come after it in the order of their codes.
func blank(r *request) []byte {
	const room = 384 // for most replies
	b := make([]byte, atOptions, room)
	copy(b, r.packet[:atCIAddr])
	b[atOp] = byte(dhcpv4.OpcodeBootReply)
	b[atHLen] = byte(len(r.client.mac))
	b[atHops] = 0
	clear(b[atSecs:atFlags])
	copy(b[atGIAddr:], r.packet[atGIAddr:atCHAddr])
	copy(b[atCHAddr:], r.client.mac)
	copy(b[atCookie:], cookie)
	return b
}

// sign says what a message is, and whose.
func (c *conversation) sign(b []byte, kind dhcpv4.MessageType) []byte {
	b = append(b, optionMessageType, 1, byte(kind), optionServer, 4, 0, 0, 0, 0)
	putAddr(b[len(b)-4:], c.ID)
	return b
}

// echo returns the client's identifier (RFC 6842), and what the relay agent has
// added (RFC 3046 §2.2).
func echo(b []byte, r *request) []byte {
	if r.options.client != nil {
		b = appendOption(b, optionClient, r.options.client)
	}
	if r.options.agent != nil {
		b = appendOption(b, optionAgent, r.options.agent)
	}
	return b
}

var everybody = netip.AddrPortFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), clientPort)

// destination is where a reply other than NAK goes (RFC 2131 §4.1): to the
// relay agent; or to the address that the client has; or to everybody. A
// client without an address that can already take a unicast datagram leaves the
// BROADCAST flag clear. But to send it one, the server would have to put the
// Ethernet address from chaddr into the frame, since nobody answers ARP for an
// address that is not yet in use. A UDP socket cannot, so the reply is
// broadcast to it too, as the RFC allows.
func (c *conversation) destination(r *request) netip.AddrPort {
	switch {
	case r.relay.IsValid():
		return netip.AddrPortFrom(r.relay, serverPort)
	case r.has.IsValid():
		return netip.AddrPortFrom(r.has, clientPort)
	}
	return everybody
}

// common is what every host of the network must know beside its address: options
// 1 to 15 of a reply.
func (n *Network) common() []byte {
	b := appendOption(nil, optionSubnetMask, net.CIDRMask(n.Prefix.Bits(), 32))
	b = appendAddrs(b, optionRouter, n.Routers)
	b = appendAddrs(b, optionDNS, n.DNS)
	if n.Domain != "" {
		b = appendOption(b, optionDomain, []byte(n.Domain))
	}
	return b
}
