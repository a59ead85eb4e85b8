// Package datagrams is for tests of protocols over UDP: a network in memory,
// whose time can be testing/synctest's, and golden conversations that say, to
// the second, which datagram follows which.
package datagrams

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Network carries datagrams between hosts at once, in order and without loss.
// The ports that it chooses are 40001, 40002 and so on. The zero value works.
type Network struct {
	mu      sync.Mutex
	sockets map[netip.AddrPort]*Socket
	ports   uint16
}

// Host is the network as the host with that address sees it: a netx.Network
// without streams.
func (n *Network) Host(address string) *Host {
	return &Host{network: n, addr: netip.MustParseAddr(address)}
}

// Host is one place of a Network.
type Host struct {
	network *Network
	addr    netip.Addr
}

// ListenPacket opens a socket at the port in address, 0 for any.
func (h *Host) ListenPacket(_ context.Context, _, address string) (net.PacketConn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(h.addr.String(), port))
	if err != nil {
		return nil, err
	}
	n := h.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.Port() == 0 {
		n.ports++
		at = netip.AddrPortFrom(h.addr, 40_000+n.ports)
	}
	if n.sockets == nil {
		n.sockets = make(map[netip.AddrPort]*Socket)
	}
	if n.sockets[at] != nil {
		return nil, errors.New("the port is taken")
	}
	const room = 256
	s := &Socket{network: n, at: at, queue: make(chan datagram, room), closed: make(chan struct{}), late: make(chan struct{})}
	n.sockets[at] = s
	return s, nil
}

var errNoStreams = errors.New("no streams here")

// Listen fails.
func (*Host) Listen(context.Context, string, string) (net.Listener, error) { return nil, errNoStreams }

// DialContext fails.
func (*Host) DialContext(context.Context, string, string) (net.Conn, error) { return nil, errNoStreams }

type datagram struct {
	from netip.AddrPort
	data []byte
}

// Socket is a packet socket.
type Socket struct {
	network *Network
	at      netip.AddrPort
	queue   chan datagram
	closing sync.Once
	closed  chan struct{}

	mu    sync.Mutex
	late  chan struct{} // closed when the deadline passes
	timer *time.Timer
}

// ReadFromUDPAddrPort waits for a datagram.
func (s *Socket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	s.mu.Lock()
	late := s.late
	s.mu.Unlock()
	select { // a deadline that has passed comes first
	case <-late:
		return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
	default:
	}
	select {
	case d := <-s.queue:
		return copy(b, d.data), d.from, nil
	case <-late:
		return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
	case <-s.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

// WriteToUDPAddrPort sends a datagram. What nobody waits for is lost.
func (s *Socket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	if other := s.network.sockets[to]; other != nil {
		select {
		case other.queue <- datagram{s.at, append([]byte(nil), b...)}:
		default:
		}
	}
	return len(b), nil
}

// ReadFrom is ReadFromUDPAddrPort.
func (s *Socket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromUDPAddrPort(b)
	return n, net.UDPAddrFromAddrPort(from), err
}

// WriteTo is WriteToUDPAddrPort.
func (s *Socket) WriteTo(b []byte, to net.Addr) (int, error) {
	return s.WriteToUDPAddrPort(b, to.(*net.UDPAddr).AddrPort())
}

// Close ends the socket.
func (s *Socket) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.network.mu.Lock()
		defer s.network.mu.Unlock()
		delete(s.network.sockets, s.at)
	})
	s.SetReadDeadline(time.Time{})
	return nil
}

// LocalAddr is the socket's address.
func (s *Socket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.at) }

// SetDeadline is SetReadDeadline: writing never waits.
func (s *Socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetWriteDeadline does nothing.
func (s *Socket) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline makes reads fail from t on, also one that waits now.
func (s *Socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil && !s.timer.Stop() {
		<-s.late // it is just being closed
	}
	s.timer = nil
	select {
	case <-s.late:
		s.late = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return nil
	}
	late := s.late
	if wait := time.Until(t); wait > 0 {
		s.timer = time.AfterFunc(wait, func() { close(late) })
	} else {
		close(late)
	}
	return nil
}
