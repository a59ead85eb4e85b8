package dhcpcard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Card is a host's network card, for one DHCP client. Use [New].
type Card struct {
	mac   net.HardwareAddr
	put   func(frame []byte)
	clock clock.Clock

	mu     sync.Mutex
	prefix netip.Prefix // of the host's address: see SetRoutes
	router netip.Addr
	socket *socket // that is open now, or nil
	asks   *asking // for whose Ethernet address the client waits, or nil
}

var (
	_ netx.Network    = (*Card)(nil)
	_ netx.CardBinder = (*Card)(nil)
)

// New is the card of that Ethernet address. The client's frames are given to
// put.
func New(mac net.HardwareAddr, put func(frame []byte), c clock.Clock) *Card {
	return &Card{mac: mac, put: put, clock: clock.Or(c)}
}

// SetRoutes says what the host's address is, with the length of its network's
// prefix, and which router leads out of that. Without an address there is
// nobody but everybody to send to.
func (c *Card) SetRoutes(addr netip.Prefix, router netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prefix, c.router = addr.Masked(), router
}

// nextHop is who on the cable is to get what is for that address.
func (c *Card) nextHop(to netip.Addr) (netip.Addr, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.prefix.Contains(to):
		return to, nil
	case c.prefix.IsValid() && c.router.IsValid():
		return c.router, nil
	}
	return netip.Addr{}, syscall.ENETUNREACH
}

// ListenPacketOn opens the socket of a DHCP client: "udp4", on port 68. There
// is one at a time.
func (c *Card) ListenPacketOn(_ context.Context, _, network, address string) (net.PacketConn, error) {
	at, err := netip.ParseAddrPort("0.0.0.0" + address)
	if network != "udp4" || err != nil {
		return nil, fmt.Errorf("dhcpcard: %s on %q: this is for udp4 on a port", network, address)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.socket != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.UDPAddrFromAddrPort(at), Err: syscall.EADDRINUSE}
	}
	c.socket = newSocket(c, at.Port())
	return c.socket, nil
}

func (c *Card) forget(s *socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.socket == s {
		c.socket = nil
	}
}

// Take looks at a frame that is on its way to the host, and reports whether it
// was for the client. It does not keep or change the frame.
func (c *Card) Take(frame []byte) bool {
	c.mu.Lock()
	s, asks := c.socket, c.asks
	c.mu.Unlock()
	if s == nil {
		return false
	}
	if asks != nil {
		asks.hear(frame) // the host may use it, too
	}
	from, message, ok := datagram(frame, s.port)
	return ok && s.take(from, message)
}

// errNoStack is the answer to what needs more than a card.
var errNoStack = errors.New("dhcpcard: there is no TCP/IP here, but the host's own")

// Listen fails: there is no TCP here.
func (*Card) Listen(context.Context, string, string) (net.Listener, error) { return nil, errNoStack }

// ListenPacket fails: see [Card.ListenPacketOn].
func (*Card) ListenPacket(context.Context, string, string) (net.PacketConn, error) {
	return nil, errNoStack
}

// DialContext fails: there is no IP here.
func (*Card) DialContext(context.Context, string, string) (net.Conn, error) { return nil, errNoStack }
