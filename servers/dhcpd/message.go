package dhcpd

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// request is a client's message, as far as it matters to the server. The zero
// Addr stands for a field that is not filled in.
type request struct {
	*dhcpv4.DHCPv4
	client client
	relay  netip.Addr // giaddr
	has    netip.Addr // ciaddr: the address that the client has and uses
	wish   netip.Addr // option 50: the one that it wants
	server netip.Addr // option 54: the server that is meant
	name   string
	pool   *pool
}

const maxIdentifier = 255 // bytes: what one option can hold

// read understands a message.
func (c *conversation) read(b []byte) (*request, error) {
	m, err := dhcpv4.FromBytes(b)
	if err != nil {
		return nil, err
	}
	if m.OpCode != dhcpv4.OpcodeBootRequest {
		return nil, errors.New("a reply is for clients")
	}
	r := &request{
		DHCPv4: m,
		relay:  addrOf(m.GatewayIPAddr), has: addrOf(m.ClientIPAddr),
		wish: addrOf(m.Options[50]), server: addrOf(m.Options[54]),
		name: m.HostName(),
	}
	r.name = r.name[:min(len(r.name), maxIdentifier)]
	r.client = client{id: m.Options[61], mac: m.ClientHWAddr, name: r.name}
	if len(r.client.id) < 2 { // RFC 2132 §9.14
		if len(m.ClientHWAddr) == 0 {
			return nil, errors.New("the client does not say who it is")
		}
		r.client.id = append([]byte{byte(m.HWType)}, m.ClientHWAddr...)
	}
	if len(r.client.id) > maxIdentifier {
		return nil, errors.New("the client's identifier is too long")
	}
	return r, nil
}

// addrOf is the address in b; 0.0.0.0, or what is none, is the zero Addr.
func addrOf(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	if !a.Is4() || a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

// lease is how long the client gets the address for: as long as it asks for
// (option 51), up to what the network gives.
func (r *request) lease() time.Duration {
	longest := r.pool.lease()
	if b := r.Options[51]; len(b) == 4 {
		if asked := time.Duration(binary.BigEndian.Uint32(b)) * time.Second; asked > 0 {
			return min(asked, longest)
		}
	}
	return longest
}

// datagram is a message on its way out.
type datagram struct {
	to      netip.AddrPort
	message *dhcpv4.DHCPv4
}

func (c *conversation) send(d datagram) {
	if _, err := c.conn.WriteToUDPAddrPort(d.message.ToBytes(), d.to); err != nil && !errors.Is(err, net.ErrClosed) {
		c.log().Warn("reply not sent", "to", d.to, "error", err)
	}
}

// reply sends an OFFER or ACK with the address a, and with what a host must
// know beside it. Without an address it is the answer to INFORM.
func (c *conversation) reply(r *request, kind dhcpv4.MessageType, a netip.Addr) {
	m := c.blank(r, kind)
	n := r.pool.Network
	m.Options[1] = n.mask()
	putAddrs(m.Options, 3, n.Routers)
	putAddrs(m.Options, 6, n.DNS)
	if n.Domain != "" {
		m.Options[15] = []byte(n.Domain)
	}
	if a.IsValid() {
		m.YourIPAddr = a.AsSlice()
		lease := r.lease()
		putSeconds(m.Options, 51, lease)
		putSeconds(m.Options, 58, lease/2)   // T1
		putSeconds(m.Options, 59, lease/8*7) // T2
	}
	d := datagram{c.destination(r), m}
	if kind == dhcpv4.MessageTypeAck && a.IsValid() {
		c.book.after(d, c.send)
		return
	}
	c.send(d)
}

// nak is the refusal. It has no configuration (RFC 2131 table 3), and is
// broadcast, since the client may have no right to the address that it uses.
func (c *conversation) nak(r *request, why string) datagram {
	m := c.blank(r, dhcpv4.MessageTypeNak)
	m.ClientIPAddr = net.IPv4zero
	m.Options[56] = []byte(why)
	if r.relay.IsValid() {
		m.SetBroadcast() // for the relay agent
		return datagram{netip.AddrPortFrom(r.relay, serverPort), m}
	}
	return datagram{everybody, m}
}

// blank is a reply with what all of them have (RFC 2131 table 3).
func (c *conversation) blank(r *request, kind dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	m := &dhcpv4.DHCPv4{
		OpCode:        dhcpv4.OpcodeBootReply,
		HWType:        r.HWType,
		TransactionID: r.TransactionID,
		Flags:         r.Flags,
		ClientIPAddr:  net.IPv4zero,
		YourIPAddr:    net.IPv4zero,
		ServerIPAddr:  net.IPv4zero,
		GatewayIPAddr: r.GatewayIPAddr,
		ClientHWAddr:  r.ClientHWAddr,
		Options:       dhcpv4.Options{53: {byte(kind)}, 54: c.ID.AsSlice()},
	}
	if kind == dhcpv4.MessageTypeAck {
		m.ClientIPAddr = r.ClientIPAddr
	}
	for _, code := range [...]uint8{61, 82} { // RFC 6842, and what the relay agent has added (RFC 3046 §2.2)
		if value, ok := r.Options[code]; ok {
			m.Options[code] = value
		}
	}
	return m
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

func putAddrs(o dhcpv4.Options, code uint8, addrs []netip.Addr) {
	if len(addrs) == 0 {
		return
	}
	var b []byte
	for _, a := range addrs {
		b = append(b, a.AsSlice()...)
	}
	o[code] = b
}

func putSeconds(o dhcpv4.Options, code uint8, d time.Duration) {
	o[code] = binary.BigEndian.AppendUint32(nil, uint32(d/time.Second))
}
