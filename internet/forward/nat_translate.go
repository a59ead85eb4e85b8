package forward

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// endpoint is an IPv4 address and a port; of an ICMP query, its identifier.
type endpoint struct {
	addr [4]byte
	port uint16
}

func endpointOf(a netip.AddrPort) endpoint { return endpoint{a.Addr().As4(), a.Port()} }

func (e endpoint) addrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4(e.addr), e.port)
}

// flow is what packets have in common that go from one endpoint to another.
type flow struct {
	protocol Protocol
	src, dst endpoint
}

func (f flow) reversed() flow { return flow{f.protocol, f.dst, f.src} }

const (
	tcpHeader  = 20
	udpHeader  = 8
	portsBytes = 8 // that much of the transport's header is quoted at least (RFC 792)

	echoReply   = 0
	echoRequest = 8
)

// flow finds out what a packet belongs to. ok is false when it has no ports, or
// when they are cut off: a TCP header in pieces is an attack (RFC 1858).
func (p ipv4) flow() (f flow, ok bool) {
	atLeast := udpHeader
	if Protocol(p.protocol()) == TCP {
		atLeast = tcpHeader
	}
	if p.flags()&ipv4OffsetMask != 0 || len(p.payload()) < atLeast {
		return flow{}, false
	}
	return p.ports()
}

// ports reads the first bytes after the header, which are there.
func (p ipv4) ports() (f flow, ok bool) {
	f = flow{protocol: Protocol(p.protocol())}
	f.src.addr, f.dst.addr = [4]byte(p[12:16]), [4]byte(p[16:20])
	b := p.payload()
	switch f.protocol {
	case TCP, UDP:
		f.src.port, f.dst.port = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		return f, true
	case ICMP: // the identifier belongs to the one who asks
		switch b[0] {
		case echoRequest:
			f.src.port = binary.BigEndian.Uint16(b[4:])
			return f, true
		case echoReply:
			f.dst.port = binary.BigEndian.Uint16(b[4:])
			return f, true
		}
	}
	return flow{}, false
}

// wants tells whether a packet for the shared address is for a host behind it,
// and not for the router.
func (n *nat) wants(packet ipv4, fromOutside bool, now time.Time) bool {
	if packet.isLaterFragment() {
		return n.fragments.follows(packet, now)
	}
	if quote, ok := packet.quote(); ok {
		about, ok := quote.ports()
		if !ok {
			return false
		}
		if fromOutside {
			return n.table.incoming(about.reversed(), now) != nil
		}
		return n.table.outgoing(about.reversed(), now) != nil
	}
	f, ok := packet.flow()
	return ok && n.table.at(f.protocol, f.dst.port) != nil
}

// translateSource makes the shared address the source of a packet that goes out.
// The packet is changed, and returned; it can be another if it had to grow, of
// which mtu is the limit.
func (n *nat) translateSource(p *plane, packet ipv4, mtu int, now time.Time) (ipv4, Reason) {
	if quote, ok := packet.quote(); ok {
		return packet, n.translateErrorOut(p, packet, quote, now)
	}
	f, ok := packet.flow()
	if !ok || f.protocol == ICMP && packet.payload()[0] != echoRequest || f.protocol != ICMP && f.src.port == 0 {
		return nil, Untranslatable
	}
	s, reason := n.leaving(p, f, now)
	if reason != None {
		return nil, reason
	}
	if f.protocol == TCP {
		s.tcp.see(outbound, packet.payload()[tcpFlags])
		if packet, reason = n.help(p, s, packet, mtu, now); reason != None {
			return nil, reason
		}
	}
	n.table.touch(s, now)
	packet.setEndpoint(sourceAt, endpoint{p.outside.As4(), s.mapping.port})
	return packet, None
}

// translateDestination makes a host inside the destination of a packet that came
// to the shared address. It leaves alone what is for the router itself.
func (n *nat) translateDestination(packet ipv4, now time.Time) Reason {
	if quote, ok := packet.quote(); ok {
		return n.translateErrorIn(packet, quote, now)
	}
	f, ok := packet.flow()
	if !ok {
		return None
	}
	s, reason := n.arriving(f, now) // its destination is the shared address
	if s == nil {
		return reason
	}
	if f.protocol == TCP {
		s.tcp.see(inbound, packet.payload()[tcpFlags])
		s.control.answer(packet)
	}
	n.table.touch(s, now)
	packet.setEndpoint(destinationAt, s.mapping.inside)
	return None
}

// leaving finds the session of a packet that goes out, or opens it.
func (n *nat) leaving(p *plane, f flow, now time.Time) (*session, Reason) {
	if s := n.table.outgoing(f, now); s != nil {
		return s, None
	}
	// Only somebody inside gets a mapping (RFC 2827): not who merely says that he
	// is someone whose packets come from elsewhere.
	back, found := p.table.Lookup(netip.AddrFrom4(f.src.addr))
	if !found || back.Prohibited || back.Out == n.Outside {
		return nil, Filtered
	}
	m, reason := n.mapping(p, f, now)
	if reason != None {
		return nil, reason
	}
	return n.open(m, f.dst, now)
}

// arriving finds the session of a packet that came in. Without one there is none
// but for a forwarded port, or when somebody is expected.
func (n *nat) arriving(f flow, now time.Time) (*session, Reason) {
	if f.protocol != ICMP && f.src.port == anyPort {
		return nil, None // nobody has that port
	}
	if s := n.table.incoming(f, now); s != nil {
		return s, None
	}
	n.table.sweep(now)
	m := n.table.at(f.protocol, f.dst.port)
	expected := n.table.incoming(flow{f.protocol, endpoint{f.src.addr, anyPort}, f.dst}, now)
	switch {
	case m == nil:
		return nil, None
	case m.static:
		return n.open(m, f.src, now)
	case expected != nil:
		n.table.remove(expected)
		return n.open(m, f.src, now)
	case n.uses(f.reversed()):
		return nil, None
	}
	return nil, Filtered
}

// mapping finds the mapping of the endpoint inside that a flow comes from, or
// makes it.
func (n *nat) mapping(p *plane, f flow, now time.Time) (*mapping, Reason) {
	if m := n.table.of(f.protocol, f.src); m != nil {
		return m, None
	}
	n.table.sweep(now)
	outside := f
	outside.src.addr = p.outside.As4()
	if !n.freePort(&outside) {
		return nil, TableFull
	}
	return &mapping{protocol: f.protocol, inside: f.src, port: outside.src.port}, None // in the table with its first session
}

func (n *nat) open(m *mapping, remote endpoint, now time.Time) (*session, Reason) {
	s := n.table.open(m, remote, now)
	if s == nil {
		return nil, TableFull
	}
	if n.FTP && remote.port != anyPort {
		s.control = newControl(s)
	}
	return s, None
}

// uses tells whether the router itself has this flow, from the shared address.
func (n *nat) uses(f flow) bool {
	return n.Uses != nil && n.Uses(f.protocol, f.src.addrPort(), f.dst.addrPort())
}

// freePort finds a port of the shared address for a flow: the one that it has, or
// the next that is free, on the same side of 1024 (RFC 4787 §4.2.1) and of the same
// parity (§4.2.2).
func (n *nat) freePort(f *flow) bool {
	low, high, step := 1, 0xffff, 1
	if f.protocol != ICMP {
		low, high, step = 1024, 0xffff, 2
		if f.src.port < 1024 {
			low, high = 0, 1023
		}
	}
	want, size := max(int(f.src.port), low), high-low+1
	for i := 0; i < size; i += step {
		f.src.port = uint16(low + (want-low+i)%size)
		if f.src.port != 0 && n.table.at(f.protocol, f.src.port) == nil && !n.uses(*f) {
			return true
		}
	}
	return false
}
