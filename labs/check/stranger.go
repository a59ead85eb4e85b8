package check

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire/packet"
)

// stranger is whoever the program has in its source: any address, any port. The
// first packet to somebody is looked at before it gets there; by then, the
// tester's host has that address, and listens on that port if the case
// serves the packet's transport at all.
type stranger struct {
	host *internet.Host

	mu     sync.Mutex
	known  map[netip.Addr]bool
	open   map[place]func() error // closes the socket
	tried  []place                // in order: whom the program wanted to speak with
	pinged bool                   // it has sent ICMP messages, which go to no port
	accept func(net.Conn)
	only   func(port uint16) bool // nil: all ports are open
	take   func(net.PacketConn, netip.AddrPort)
	closed bool
	work   sync.WaitGroup
}

// place is a port of a transport at an address.
type place struct {
	tcp bool
	at  netip.AddrPort
}

// serve says who takes the connections, and the sockets, of strangers.
func (s *stranger) serve(accept func(net.Conn), take func(net.PacketConn, netip.AddrPort)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if accept != nil {
		s.accept = accept
	}
	if take != nil {
		s.take = take
	}
}

// meet is told of each packet of the program before it is sent.
func (s *stranger) meet(p *packet.Packet) {
	to := p.To
	if p.Has(packet.UDP) && to == everybody {
		s.mu.Lock()
		s.note(place{false, netip.AddrPortFrom(to, p.ToPort)})
		s.mu.Unlock()
	}
	if p.Has(packet.ICMP) && p.ICMPType != packet.Unreachable { // those are the kernel's own
		s.mu.Lock()
		s.pinged = true
		s.mu.Unlock()
	}
	if !to.Is4() || to == studentAddr || to == selfAtLoopback || to.IsMulticast() || to.IsUnspecified() || to == everybody || to == lastOf(network) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || p.Type == packet.TypeARP && p.ARPOp != packet.ARPRequest {
		return
	}
	s.be(to)
	switch {
	case p.Has(packet.TCP) && p.Flags&packet.SYN != 0:
		s.listen(netip.AddrPortFrom(to, p.ToPort))
	case p.Has(packet.UDP) && to != resolverAddr:
		s.receive(netip.AddrPortFrom(to, p.ToPort))
	}
}

// be gives the tester's host the address.
func (s *stranger) be(a netip.Addr) {
	if s.known[a] {
		return
	}
	if err := s.host.AddAddress(card, netip.PrefixFrom(a, 32)); err == nil {
		s.known[a] = true
	}
}

func (s *stranger) listen(at netip.AddrPort) {
	here := place{true, at}
	if s.note(here) || s.accept == nil || s.only != nil && !s.only(at.Port()) {
		return
	}
	l, err := s.host.Listen(context.Background(), "tcp", at.String())
	if err != nil {
		return // refused, then
	}
	s.open[here] = l.Close
	accept := s.accept
	s.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accept(c)
		}
	})
}

func (s *stranger) receive(at netip.AddrPort) {
	here := place{false, at}
	if s.note(here) || s.take == nil {
		return
	}
	socket, err := s.host.ListenPacket(context.Background(), "udp", at.String())
	if err != nil {
		return
	}
	s.open[here] = socket.Close
	take := s.take
	s.work.Go(func() { take(socket, at) })
}

// note remembers that the program wants to speak with somebody, and reports
// whether they are open already.
func (s *stranger) note(here place) bool {
	if s.open == nil {
		s.open = make(map[place]func() error)
	}
	if s.open[here] != nil {
		return true
	}
	for _, t := range s.tried {
		if t == here {
			return false
		}
	}
	s.tried = append(s.tried, here)
	return false
}

// wanted are those whom the program wanted to speak with, the resolver apart.
func (s *stranger) wanted() []place {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]place(nil), s.tried...)
}

// hasPinged reports whether the program has sent ICMP messages. Its raw socket may
// have been open for a moment only.
func (s *stranger) hasPinged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pinged
}

func (s *stranger) close() {
	s.mu.Lock()
	s.closed = true
	for _, shut := range s.open {
		_ = shut()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// everybody is the limited broadcast address: all hosts on the link (RFC 919).
var everybody = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// lastOf is the broadcast address of an IPv4 network.
func lastOf(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(a)
}
