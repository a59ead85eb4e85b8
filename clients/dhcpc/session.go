package dhcpc

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/iana"

	"github.com/wirebook/wirebook/clock"
)

// session is the client at work: its socket, and what it has got.
type session struct {
	*Client
	conn   net.PacketConn
	clock  clock.Clock
	buffer []byte

	xid   dhcpv4.TransactionID
	began time.Time // of this attempt to get an address: for the field secs
	offer *Lease    // that was chosen
	lease *Lease    // that the card is configured with
	again int       // how many attempts have failed one after the other
}

const maxMessage = 4096 // bytes that are read of one message

// message is one of the client's, with what all of them have (RFC 2131 table 5).
func (s *session) message(kind dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	m := &dhcpv4.DHCPv4{
		OpCode: dhcpv4.OpcodeBootRequest, HWType: iana.HWTypeEthernet, ClientHWAddr: s.MAC,
		TransactionID: s.xid, NumSeconds: s.seconds(),
		ClientIPAddr: net.IPv4zero, YourIPAddr: net.IPv4zero, ServerIPAddr: net.IPv4zero, GatewayIPAddr: net.IPv4zero,
		Options: dhcpv4.Options{53: {byte(kind)}},
	}
	if len(s.ClientID) > 0 {
		m.Options[61] = s.ClientID
	}
	switch kind {
	case dhcpv4.MessageTypeDecline, dhcpv4.MessageTypeRelease:
		return m
	}
	if s.HostName != "" {
		m.Options[12] = []byte(s.HostName)
	}
	m.Options[55] = []byte{1, 3, 6, 15, 51, 54, 58, 59}
	m.Options[57] = []byte{byte(maxMessage >> 8), byte(maxMessage & 255)}
	return m
}

// seconds is how long the client has been trying.
func (s *session) seconds() uint16 {
	return uint16(min(s.clock.Now().Sub(s.began)/time.Second, 0xffff))
}

// begin starts an exchange, whose messages all have the same number.
func (s *session) begin() {
	s.began = s.clock.Now()
	s.renumber()
}

func (s *session) renumber() {
	n := rand.Uint32()
	s.xid = dhcpv4.TransactionID{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

var everybody = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// send sends m to a server, or to everybody. A network that is down is no
// reason to give up: the message will be sent again.
func (s *session) send(m *dhcpv4.DHCPv4, to netip.Addr) {
	at := net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, cmp.Or(s.ServerPort, serverPort)))
	if _, err := s.conn.WriteTo(m.ToBytes(), at); err != nil {
		s.log().Debug("not sent", "message", m.MessageType(), "to", to, "error", err)
	}
}

// errSilence says that the time to wait for a reply is over.
var errSilence = errors.New("nobody answers")

// receive waits for a reply to this client's exchange that is one of those
// wanted.
func (s *session) receive(ctx context.Context, until time.Time, wanted ...dhcpv4.MessageType) (*dhcpv4.DHCPv4, error) {
	if err := s.conn.SetReadDeadline(until); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		n, _, err := s.conn.ReadFrom(s.buffer)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, errSilence
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			s.log().Debug("not received", "error", err) // such as ECONNREFUSED: an earlier message met no server
			continue
		}
		if m := s.understand(s.buffer[:n], wanted); m != nil {
			return m, nil
		}
	}
}

// understand reads a reply; nil: it is not one that the client waits for. What
// is broadcast for others comes by here too.
func (s *session) understand(b []byte, wanted []dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	m, err := dhcpv4.FromBytes(b)
	if err != nil || m.OpCode != dhcpv4.OpcodeBootReply || m.TransactionID != s.xid || !bytes.Equal(m.ClientHWAddr, s.MAC) {
		return nil
	}
	if !slices.Contains(wanted, m.MessageType()) {
		return nil
	}
	return m
}

// wait is how long to wait for the reply to the nth message, the first being
// 0: 4, 8, 16, 32, 64, 64 … seconds, each ± 1 (RFC 2131 §4.1).
func (s *session) wait(n int) time.Duration {
	first := cmp.Or(s.Timeout, defaultTimeout)
	spread := first / 4
	return first<<min(n, 4) + time.Duration((2*rand.Float64()-1)*float64(spread))
}

// adopt configures the card with l in place of what it has; nil: with nothing.
func (s *session) adopt(l *Lease) error {
	old := s.lease
	s.lease = l
	if s.Configure == nil || old != nil && l != nil && old.Addr == l.Addr {
		return nil
	}
	if old != nil {
		if err := s.Configure.RemoveAddress(s.Card, old.Addr); err != nil {
			s.log().Warn("address not taken from the card", "address", old.Addr, "error", err)
		}
	}
	if l != nil {
		return s.Configure.AddAddress(s.Card, l.Addr)
	}
	return nil
}

// farewell is how long a client that configures the card leaves it its address
// after RELEASE was sent: the datagram may have to wait for the server's
// Ethernet address, by ARP, and must not lose its sender meanwhile.
const farewell = 100 * time.Millisecond

// release tells the server that the address is not needed any more.
func (s *session) release() {
	if s.lease == nil || s.clock.Now().After(s.lease.Expires()) {
		return
	}
	s.begin()
	m := s.message(dhcpv4.MessageTypeRelease)
	m.ClientIPAddr = s.lease.Addr.Addr().AsSlice()
	m.Options[54] = s.lease.Server.AsSlice()
	s.send(m, s.lease.Server)
	if s.Configure != nil {
		clock.Sleep(context.Background(), s.clock, farewell)
	}
}

// end is what remains to be done when the client is stopped.
func (s *session) end() {
	if !s.Keep {
		s.release()
	}
	s.adopt(nil)
	s.tell(Init)
}

func (s *session) tell(state State) {
	if s.Observe != nil {
		s.Observe(Event{State: state, Lease: s.lease})
	}
}
