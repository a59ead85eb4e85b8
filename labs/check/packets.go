package check

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire/packet"
)

// Packet is an IP packet of the program, as it was on its cable.
type Packet struct {
	packet.Packet
	Time time.Time
}

// Datagram is the UDP datagram that the packet carries.
func (p *Packet) Datagram() *Datagram {
	return &Datagram{
		Data: p.Payload(), Time: p.Time,
		From: netip.AddrPortFrom(p.From, p.FromPort), To: netip.AddrPortFrom(p.To, p.ToPort),
	}
}

// Packets are packets that a case takes from the program's cable, for exercises
// below TCP and UDP: there the case itself is all routers and hosts that answer,
// or do not.
type Packets struct {
	t        *T
	mine     func(*Packet) bool
	incoming chan *Packet
	port     *internet.Port
	card     atomic.Pointer[packet.MAC] // the program's
}

// TakePackets takes those packets of the program that are mine: they go no
// further. Call it before Start, once; such cases are Miniature.
func (t *T) TakePackets(mine func(p *Packet) bool) *Packets {
	d := &Packets{t: t, mine: mine, incoming: make(chan *Packet, 1<<14)}
	var err error
	if d.port, err = t.lan.sw.Attach("others", frame.Node{Name: "others", Kind: frame.Router}, func([]byte) {}); err != nil {
		t.fault(err)
	}
	t.lan.taker.Store(d)
	return d
}

// take takes a frame of the program, and reports whether it was one of these. Of
// a program that floods the cable, the rest is lost.
func (d *Packets) take(data []byte) bool {
	p := &Packet{Time: time.Now()}
	p.Decode(append([]byte(nil), data...))
	if !p.IP() || !d.mine(p) {
		return false
	}
	d.card.Store(&p.Source)
	select {
	case d.incoming <- p:
	default:
	}
	return true
}

// Receive waits for the program's next packet.
func (d *Packets) Receive() (*Packet, End) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case p := <-d.incoming:
			return p, Done
		case <-tick.C:
			if end := d.t.waiting(); end != Done {
				select {
				case p := <-d.incoming:
					return p, Done
				default:
				}
				return nil, end
			}
		}
	}
}

// Within waits for the next packet, but not longer than limit; nil if none came.
func (d *Packets) Within(limit time.Duration) *Packet {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case p := <-d.incoming:
		return p
	case <-timer.C:
		return nil
	}
}

// Send sends an IPv4 packet to the program's card, in a frame from others. To a
// program that has not sent anything yet, it cannot.
func (d *Packets) Send(ip []byte) {
	if to := d.card.Load(); to != nil {
		d.port.Send(append([]byte{to[0], to[1], to[2], to[3], to[4], to[5], 2, 0, 10, 53, 255, 1, 8, 0}, ip...))
	}
}

// Broadcast sends an IPv4 packet to all on the LAN.
func (d *Packets) Broadcast(ip []byte) {
	d.port.Send(append([]byte{255, 255, 255, 255, 255, 255, 2, 0, 10, 53, 255, 1, 8, 0}, ip...))
}

// IPv4 makes a packet: RFC 791 §3.1, without options.
func IPv4(protocol packet.Protocol, from, to netip.Addr, ttl uint8, data []byte) []byte {
	ip := make([]byte, 20, 20+len(data))
	ip[0], ip[8], ip[9] = 0x45, ttl, byte(protocol)
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(data)))
	copy(ip[12:], from.AsSlice())
	copy(ip[16:], to.AsSlice())
	binary.BigEndian.PutUint16(ip[10:], Checksum(ip))
	return append(ip, data...)
}

// ICMP makes a message with its checksum: RFC 792. rest are the four bytes after
// the checksum.
func ICMP(kind, code uint8, rest uint32, data []byte) []byte {
	m := make([]byte, 8, 8+len(data))
	m[0], m[1] = kind, code
	binary.BigEndian.PutUint32(m[4:], rest)
	m = append(m, data...)
	binary.BigEndian.PutUint16(m[2:], Checksum(m))
	return m
}

// UDP makes a datagram without checksum, which IPv4 allows: RFC 768.
func UDP(from, to uint16, data []byte) []byte {
	m := make([]byte, 8, 8+len(data))
	binary.BigEndian.PutUint16(m, from)
	binary.BigEndian.PutUint16(m[2:], to)
	binary.BigEndian.PutUint16(m[4:], uint16(8+len(data)))
	return append(m, data...)
}

// Checksum is RFC 1071's, of data in which the checksum's own place is zero.
func Checksum(data []byte) uint16 { return ^packet.Sum(data, 0) }

// OnlyPorts has others accept TCP connections only on some of their ports; the
// rest refuse. Call it before Start.
func (t *T) OnlyPorts(open func(port uint16) bool) {
	s := &t.lan.strange
	s.mu.Lock()
	defer s.mu.Unlock()
	s.only = open
}
