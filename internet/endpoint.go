package internet

import (
	"context"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// kind is what a network's name asks for: "tcp4" is TCP over IPv4 only.
type kind struct {
	transport tcpip.TransportProtocolNumber
	only4     bool
	only6     bool
}

func kindOf(network string) (kind, error) {
	k := kind{}
	switch network {
	case "tcp", "tcp4", "tcp6":
		k.transport = tcp.ProtocolNumber
	case "udp", "udp4", "udp6":
		k.transport = udp.ProtocolNumber
	default:
		return k, net.UnknownNetworkError(network)
	}
	k.only4 = network[3:] == "4"
	k.only6 = network[3:] == "6"
	return k, nil
}

// allows reports whether an address is of a family that was asked for.
func (k kind) allows(a netip.Addr) bool { return !(k.only4 && a.Is6()) && !(k.only6 && a.Is4()) }

// newEndpoint makes an endpoint for local, or for remote addresses. The zero
// Addr stands for every address of both families.
func (h *Host) newEndpoint(k kind, a netip.Addr) (tcpip.Endpoint, *waiter.Queue, tcpip.Error) {
	events := &waiter.Queue{}
	protocol := ipv6.ProtocolNumber
	if a.Is4() || (!a.IsValid() && k.only4) {
		protocol = ipv4.ProtocolNumber
	}
	ep, err := h.stack.NewEndpoint(k.transport, protocol, events)
	if err != nil {
		return nil, nil, err
	}
	if protocol == ipv6.ProtocolNumber {
		ep.SocketOptions().SetV6Only(a.IsValid() || k.only6)
	}
	switch k.transport {
	case tcp.ProtocolNumber:
		ep.SocketOptions().SetReuseAddress(true) // past connections in TIME-WAIT do not keep a port
	case udp.ProtocolNumber:
		ep.SocketOptions().SetBroadcast(true)
		// The stack does not heed what routers say of the path MTU for UDP:
		// datagrams must not be marked DF, so that routers can cut them. Those of
		// IPv6 the card cuts: see pathMTUs.
		must(ep.SetSockOptInt(tcpip.MTUDiscoverOption, int(tcpip.PMTUDiscoveryDont)))
	}
	return ep, events, nil
}

// Listen listens for TCP connections. An empty host means all addresses, of
// IPv4 and IPv6; port 0 means a free one.
func (h *Host) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	k, local, err := h.localAddress(ctx, network, address, tcp.ProtocolNumber)
	if err != nil {
		return nil, opError("listen", network, nil, nil, err)
	}
	s, err := h.bind(k, local, nil)
	if err == nil {
		err = s.listen(k, local.Addr())
	}
	if err != nil {
		return nil, opError("listen", network, nil, net.TCPAddrFromAddrPort(local), err)
	}
	bound, _ := s.ep.GetLocalAddress()
	return &TCPListener{socket: s, addr: h.tcpAddr(bound)}, nil
}

const backlog = 4096 // connections that wait for Accept, as Linux's somaxconn

// listen makes s a listener. SO_REUSEADDR lets a port be bound although past
// connections still have it; the stack would then let it be listened on twice.
func (s *socket) listen(k kind, local netip.Addr) error {
	bound, _ := s.ep.GetLocalAddress()
	l := &listening{kind: k, addr: local, port: bound.Port}
	failed := s.host.startListening(s, l)
	if failed != nil {
		s.close()
		return errno("listen", failed)
	}
	return nil
}

// listening is where a listener listens.
type listening struct {
	kind kind
	addr netip.Addr // the zero Addr: all
	port uint16
}

func (a *listening) overlaps(b *listening) bool {
	switch {
	case a.port != b.port:
		return false
	case a.any() || b.any():
		return (a.covers4() && b.covers4()) || (a.covers6() && b.covers6())
	}
	return a.addr == b.addr
}

func (a *listening) any() bool     { return !a.addr.IsValid() || a.addr.IsUnspecified() }
func (a *listening) covers4() bool { return a.addr.Is4() || (!a.addr.IsValid() && !a.kind.only6) }
func (a *listening) covers6() bool { return a.addr.Is6() || (!a.addr.IsValid() && !a.kind.only4) }

func (h *Host) startListening(s *socket, l *listening) tcpip.Error {
	h.socketsMu.Lock()
	defer h.socketsMu.Unlock()
	for other := range h.sockets {
		if other.listens != nil && other.listens.overlaps(l) {
			return &tcpip.ErrPortInUse{}
		}
	}
	if err := s.ep.Listen(backlog); err != nil {
		return err
	}
	s.listens = l
	return nil
}

// ListenPacket opens a UDP socket. It may send to broadcast addresses.
func (h *Host) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	return h.listenPacket(ctx, nil, network, address)
}

// ListenPacketOn opens a UDP socket that receives from one card, and sends over
// it. It works before the card has an address; what it then sends comes from
// 0.0.0.0.
func (h *Host) ListenPacketOn(ctx context.Context, card, network, address string) (net.PacketConn, error) {
	h.mu.Lock()
	c, err := h.findCard(card)
	h.mu.Unlock()
	if err != nil {
		return nil, opError("listen", network, nil, nil, err)
	}
	return h.listenPacket(ctx, c, network, address)
}

func (h *Host) listenPacket(ctx context.Context, card *Card, network, address string) (net.PacketConn, error) {
	k, local, err := h.localAddress(ctx, network, address, udp.ProtocolNumber)
	if err != nil {
		return nil, opError("listen", network, nil, nil, err)
	}
	s, err := h.bind(k, local, card)
	if err != nil {
		return nil, opError("listen", network, nil, net.UDPAddrFromAddrPort(local), err)
	}
	return newUDPConn(s), nil
}

// tie counts the sockets that belong to one card.
func (h *Host) tie(c *Card, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.bound += n
	if !h.closed {
		h.setNameless(c)
	}
}

// localAddress reads an address to listen on.
func (h *Host) localAddress(ctx context.Context, network, address string, want tcpip.TransportProtocolNumber) (kind, netip.AddrPort, error) {
	k, err := kindOf(network)
	if err == nil && k.transport != want {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return k, netip.AddrPort{}, err
	}
	host, port, err := splitHostPort(ctx, network, address)
	if err != nil {
		return k, netip.AddrPort{}, err
	}
	if host == "" {
		return k, netip.AddrPortFrom(netip.Addr{}, port), nil
	}
	addrs, err := h.resolve(ctx, host, k)
	if err != nil {
		return k, netip.AddrPort{}, err
	}
	return k, netip.AddrPortFrom(addrs[0], port), nil
}

// bind opens a socket on a local address, and on a card where one is given.
func (h *Host) bind(k kind, local netip.AddrPort, card *Card) (*socket, error) {
	ep, events, failed := h.newEndpoint(k, local.Addr())
	if failed != nil {
		return nil, errno("socket", failed)
	}
	if k.transport == tcp.ProtocolNumber {
		// Connections in TIME-WAIT do not keep a port that is asked for by
		// its number; one that the stack chooses is nobody else's.
		ep.SocketOptions().SetReuseAddress(local.Port() != 0)
	}
	var untie func()
	if card != nil {
		h.tie(card, +1)
		untie = func() { h.tie(card, -1) }
		// As on netx.OS: a second DHCP client may be tried out beside the one
		// that keeps the host's address. Both hear what is broadcast.
		ep.SocketOptions().SetReuseAddress(k.transport == udp.ProtocolNumber)
		failed = ep.SocketOptions().SetBindToDevice(int32(card.id))
	}
	if failed == nil {
		failed = ep.Bind(h.fullAddress(local))
	}
	if failed != nil {
		ep.Close()
		if untie != nil {
			untie()
		}
		return nil, errno("bind", failed)
	}
	return h.open(ep, events, untie)
}

// splitHostPort takes "host:port" apart; the port may have a service's name.
func splitHostPort(ctx context.Context, network, address string) (string, uint16, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil {
		return "", 0, err
	}
	return host, uint16(port), nil
}

// fullAddress is an address as the stack has it; unspecified ones are empty.
func (h *Host) fullAddress(a netip.AddrPort) tcpip.FullAddress {
	addr := a.Addr().Unmap()
	full := tcpip.FullAddress{Port: a.Port()}
	if !addr.IsValid() || addr.IsUnspecified() {
		return full
	}
	full.Addr = stackAddress(addr)
	if zone := addr.Zone(); zone != "" {
		h.mu.Lock()
		if c := h.card(zone); c != nil {
			full.NIC = c.id
		}
		h.mu.Unlock()
	}
	return full
}

// addrPort is the stack's address as everybody else has it. Link-local ones
// name their card.
func (h *Host) addrPort(a tcpip.FullAddress) netip.AddrPort {
	addr := plainAddress(a.Addr)
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	if addr.Is6() && addr.IsLinkLocalUnicast() {
		addr = addr.WithZone(h.zone(a.NIC))
	}
	return netip.AddrPortFrom(addr, a.Port)
}
