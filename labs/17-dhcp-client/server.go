package dhcpclient

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/wire/packet"
)

// lease is what a server gives to the host.
type lease struct {
	address, server, router, resolver netip.Addr
	seconds                           uint32
}

// newLease draws one, on a network that is nobody else's.
func newLease(t *check.T) lease {
	network := byte(20 + t.Rand.IntN(200))
	at := func(host int) netip.Addr { return netip.AddrFrom4([4]byte{192, 168, network, byte(host)}) }
	return lease{
		address: at(100 + t.Rand.IntN(100)), server: at(2 + t.Rand.IntN(20)), router: at(1), resolver: at(30 + t.Rand.IntN(20)),
		seconds: uint32(3600 + 60*t.Rand.IntN(600)),
	}
}

// option is one of RFC 2132.
type option struct {
	code byte
	data []byte
}

// options are those of an OFFER or ACK, in a usual order.
func (s lease) options(kind dhcpv4.MessageType) []option {
	return []option{
		{53, []byte{byte(kind)}},
		{54, s.server.AsSlice()},
		{51, binary.BigEndian.AppendUint32(nil, s.seconds)},
		{1, []byte{255, 255, 255, 0}},
		{3, s.router.AsSlice()},
		{6, s.resolver.AsSlice()},
	}
}

// reply makes an answer to a message: RFC 2131 §4.3.1, table 3.
func (s lease) reply(to *message, options []option) []byte {
	m := make([]byte, optionsAt, 400)
	request := to.datagram.Data
	copy(m, []byte{2, 1, 6})
	copy(m[xidAt:8], request[xidAt:8])
	copy(m[10:12], request[10:12]) // flags
	copy(m[16:20], s.address.AsSlice())
	copy(m[macAt:44], request[macAt:44])
	copy(m[cookieAt:], cookie)
	for _, o := range options {
		m = append(m, o.code)
		if o.code != 0 {
			m = append(append(m, byte(len(o.data))), o.data...)
		}
	}
	m = append(m, 255)
	for len(m) < 300 { // as from BOOTP's time (RFC 1542 §2.1)
		m = append(m, 0)
	}
	return m
}

// send broadcasts a reply to the host, which has no address yet.
func (l *link) send(s lease, reply []byte) {
	to := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	l.d.Broadcast(check.IPv4(packet.UDP, s.server, to, 64, check.UDP(serverPort, clientPort, reply)))
}

// offer and ack answer as every server does.
func (l *link) offer(s lease, to *message) {
	l.send(s, s.reply(to, s.options(dhcpv4.MessageTypeOffer)))
}

func (l *link) ack(s lease, to *message) {
	l.send(s, s.reply(to, s.options(dhcpv4.MessageTypeAck)))
}

// requested waits for the DHCPREQUEST that takes an offer, and judges it. A
// DISCOVER that is sent again meanwhile, since the machine is slow, is answered
// again.
func (l *link) requested(s lease, discover *message) *message {
	const most = 3
	for again := 0; ; again++ {
		wrong := check.Mistake{Name: "no-request", Expected: "DHCPREQUEST", RFC: "RFC 2131 §3.1", Book: "§4.3.2"}
		m := l.receive(wrong)
		if !m.begins() {
			l.judgeRequest(s, discover, m)
			return m
		}
		if again == most {
			wrong.Datagram = m.datagram
			l.t.Wrong(wrong)
		}
		discover = m
		l.offer(s, m)
	}
}

// begins reports whether a message is a DISCOVER: one that takes a server's offer was
// meant as a REQUEST.
func (m *message) begins() bool {
	return m.MessageType() == dhcpv4.MessageTypeDiscover && m.ServerIdentifier() == nil
}

// judgeRequest judges a DHCPREQUEST after an OFFER: RFC 2131 §4.3.2.
func (l *link) judgeRequest(s lease, discover, m *message) {
	wrong := check.Mistake{Datagram: m.datagram, RFC: "RFC 2131 §4.3.2", Book: "§4.3.2"}
	server, _ := netip.AddrFromSlice(m.ServerIdentifier().To4())
	asked, _ := netip.AddrFromSlice(m.RequestedIPAddress().To4())
	switch kind := m.MessageType(); {
	case kind != dhcpv4.MessageTypeRequest:
		wrong.Name, wrong.Offset, wrong.Length = "not-request", m.option(53), 3
		wrong.Expected, wrong.Actual = "DHCPREQUEST (3)", fmt.Sprintf("%v (%d)", kind, kind)
	case m.TransactionID != discover.TransactionID:
		wrong.Name, wrong.Offset, wrong.Length, wrong.RFC = "xid-changed", xidAt, 4, "RFC 2131 §4.4.1"
		wrong.Expected, wrong.Actual = discover.TransactionID.String(), m.TransactionID.String()
	case !asked.IsValid():
		wrong.Name, wrong.Offset, wrong.Expected = "no-requested-address", m.option(50), "option 50: "+s.address.String()
	case asked != s.address:
		wrong.Name, wrong.Offset, wrong.Length = "other-address", m.option(50), 6
		wrong.Expected, wrong.Actual = s.address.String(), asked.String()
	case !server.IsValid():
		wrong.Name, wrong.Offset, wrong.Expected = "no-server-identifier", m.option(54), "option 54: "+s.server.String()
	case server != s.server:
		wrong.Name, wrong.Offset, wrong.Length = "other-server", m.option(54), 6
		wrong.Expected, wrong.Actual = s.server.String(), server.String()
	default:
		if !m.ClientIPAddr.IsUnspecified() {
			l.t.Remark("ciaddr")
		}
		return
	}
	l.t.Wrong(wrong)
}
