package filter

import (
	"maps"
	"net/netip"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/ftp"
	"github.com/wirebook/wirebook/wire/packet"
)

// Frames makes a function that chooses frames on their first link. It remembers
// what it has seen, of which FTP's and TFTP's ports are part: make a new one for
// each use, and show it all frames. It may be called by several goroutines at once,
// and asks nobody: what is Known, it is told beforehand.
func (f *Filter) Frames(k Known) func(frame.Frame) bool {
	if f.test == nil {
		return func(frame.Frame) bool { return true }
	}
	l := newLook(k)
	if k.Ends != nil { // now: frames cannot wait for the answer
		l.ends = make(map[uint64][][2]netip.AddrPort)
		for _, n := range f.conversations {
			l.ends[n] = k.Ends(n)
		}
	}
	return func(seen frame.Frame) bool { return f.test(l.at(&seen)) != no }
}

// look is one who looks at frames.
type look struct {
	owners   map[netip.Addr]string
	ends     map[uint64][][2]netip.AddrPort // nil: not known
	tcp, udp map[uint16]string

	mu        sync.Mutex
	spoke     dissect.Recent[netip.Addr, string] // who has sent from an address
	announced dissect.Recent[place, string]      // the protocol that is spoken there
}

// place is where a conversation is expected.
type place struct {
	tcp bool
	at  netip.AddrPort
}

func newLook(k Known) *look {
	l := &look{owners: maps.Clone(k.Owners), tcp: make(map[uint16]string), udp: make(map[uint16]string)}
	for _, p := range wire.Protocols() {
		for _, port := range p.TCP {
			l.tcp[port] = p.Name
		}
		for _, port := range p.UDP {
			l.udp[port] = p.Name
		}
	}
	l.tcp[20] = ftp.Data
	return l
}

func (l *look) at(f *frame.Frame) *subject {
	var p packet.Packet
	p.Decode(f.Data)
	from, to := p.Ends()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.learn(f, p.From)
	return &subject{
		protocol: l.protocol(&p, from, to),
		carrier:  func() (packet.EtherType, packet.Protocol) { return p.Type, p.Protocol },
		from:     party{l.host(p.From), from},
		to:       party{l.host(p.To), to},
		within:   func(n uint64) answer { return l.within(n, from, to) },
		said:     p.Payload(),
		lost:     unknown,
		wrong:    unknown,
	}
}

// learn notes who has sent from an address. What a host sends, its cable tells.
func (l *look) learn(f *frame.Frame, from netip.Addr) {
	if f.Link != nil && f.From().Kind != frame.Switch {
		l.spoke.Put(from, f.From().Name)
	}
}

func (l *look) host(addr netip.Addr) string {
	if name, ok := l.spoke.Get(addr); ok {
		return name
	}
	return l.owners[addr]
}

func (l *look) within(n uint64, from, to netip.AddrPort) answer {
	if l.ends == nil {
		return unknown
	}
	ends := l.ends[n]
	return is(slices.Contains(ends, [2]netip.AddrPort{from, to}) || slices.Contains(ends, [2]netip.AddrPort{to, from}))
}

// protocol is the application's, as far as the ports tell.
func (l *look) protocol(p *packet.Packet, from, to netip.AddrPort) string {
	switch {
	case p.Has(packet.TCP) && len(p.Payload()) > 0:
		return l.ofPorts(true, l.tcp, p, from, to)
	case p.Has(packet.TCP) && p.Flags&(packet.SYN|packet.ACK) == packet.SYN:
		// Who opens FTP's data connection is part of FTP.
		if name := l.ofPorts(true, l.tcp, p, from, to); name == ftp.Data {
			return name
		}
	case p.Has(packet.UDP):
		return l.ofPorts(false, l.udp, p, from, to)
	}
	return ""
}

func (l *look) ofPorts(tcp bool, known map[uint16]string, p *packet.Packet, from, to netip.AddrPort) string {
	for _, end := range []netip.AddrPort{to, from} {
		if name, ok := l.announced.Get(place{tcp, end}); ok {
			return name
		}
	}
	for _, end := range []netip.AddrPort{to, from} {
		if name := known[end.Port()]; name != "" {
			l.announce(name, p, from)
			return name
		}
	}
	return ""
}

// announce notes the ports that a message tells: a TFTP transfer goes on between the
// client's port and a new one of the server's, and FTP's data connection has the
// address that PORT, EPRT, 227 or 229 say.
func (l *look) announce(name string, p *packet.Packet, from netip.AddrPort) {
	switch name {
	case "TFTP":
		l.announced.Put(place{false, from}, name)
	case "FTP":
		if at, ok := ftp.DataAddress(p.Payload(), from.Addr()); ok {
			l.announced.Put(place{true, at}, ftp.Data)
		}
	}
}
