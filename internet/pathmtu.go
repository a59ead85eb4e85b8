package internet

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// pathMTUs is how large packets on the ways from a host may be, as far as routers have
// told it (RFC 8201). A router does not cut IPv6 packets: it drops what is too big for
// the next link, and says what fits (RFC 4443 §3.2). TCP heeds that, in the stack;
// for datagrams the stack does not, and they would all be lost. So what leaves a card
// that is too big is cut there, and put together again where it arrives. The first is
// lost: by it the host finds out. The zero value knows of none.
type pathMTUs struct {
	some atomic.Bool // who sends looks at this alone, as long as there are none

	mu sync.Mutex
	to map[netip.Addr]pathMTU
}

type pathMTU struct {
	mtu   int
	until time.Time
}

const (
	// pathMTULasts is for how long one is believed. Then the way may have become a
	// wider one (RFC 8201 §4).
	pathMTULasts = 10 * time.Minute

	maxPathMTUs = 1024 // then all are forgotten
)

func (p *pathMTUs) learn(to netip.Addr, mtu int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == nil || len(p.to) >= maxPathMTUs {
		p.to = make(map[netip.Addr]pathMTU)
	}
	p.to[to] = pathMTU{max(mtu, smallestMTU), now.Add(pathMTULasts)}
	p.some.Store(true)
}

// of is the path MTU to an address; ok is false if there is no other than the card's.
func (p *pathMTUs) of(to netip.Addr, now time.Time) (mtu int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.to[to]
	return known.mtu, ok && now.Before(known.until)
}

// hearTooBig takes note of a "packet too big" that has come, if it is about a packet
// that this machine may have sent.
func (c *Card) hearTooBig(data []byte) {
	const icmp = ethernetHeader + header.IPv6MinimumSize
	const quoted = icmp + header.ICMPv6PacketTooBigMinimumSize
	if len(data) < quoted+header.IPv6MinimumSize || ipVersion(data) != 6 ||
		data[ethernetHeader+6] != byte(header.ICMPv6ProtocolNumber) || data[icmp] != byte(header.ICMPv6PacketTooBig) {
		return
	}
	ip, sent := header.IPv6(data[ethernetHeader:]), header.IPv6(data[quoted:])
	const least = header.ICMPv6PacketTooBigMinimumSize + header.IPv6MinimumSize
	if n := int(ip.PayloadLength()); n < least || n > len(ip)-header.IPv6MinimumSize || !c.machine.has(plainAddress(sent.SourceAddress())) {
		return
	}
	message := ip.Payload()
	sum := header.PseudoHeaderChecksum(header.ICMPv6ProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(message)))
	if checksum.Checksum(message, sum) != 0xffff {
		return
	}
	if mtu := binary.BigEndian.Uint32(message[4:]); mtu < c.MTU() {
		c.machine.pathMTUs.learn(plainAddress(sent.DestinationAddress()), int(mtu), c.machine.net.clock.Now())
	}
}

// pathMTU is that of the way that a frame is to take, if it is too narrow for it.
func (c *Card) pathMTU(data []byte) (mtu int, narrow bool) {
	p := &c.machine.pathMTUs
	if !p.some.Load() || ipVersion(data) != 6 {
		return 0, false
	}
	packet := header.IPv6(data[ethernetHeader:])
	mtu, known := p.of(plainAddress(packet.DestinationAddress()), c.machine.net.clock.Now())
	return mtu, known && len(packet) > mtu
}

// cutIPv6 makes of a frame others, with IPv6 fragments that fit the MTU (RFC 8200
// §4.5). A fragment can be cut once more: its pieces keep their place in the whole.
// What is neither a datagram nor a fragment stays as it is.
func cutIPv6(data []byte, mtu int) [][]byte {
	const (
		headers  = ethernetHeader + header.IPv6MinimumSize
		fragment = 44 // the fragment header's number, and
		size     = 8  // its length
		more     = 1
	)
	next, body, place, whole := data[ethernetHeader+6], data[headers:], uint16(0), rand.Uint32()
	switch {
	case next == fragment && len(body) >= size:
		next, place, whole = body[0], binary.BigEndian.Uint16(body[2:]), binary.BigEndian.Uint32(body[4:])
		body = body[size:]
	case next != byte(header.UDPProtocolNumber) && next != byte(header.ICMPv6ProtocolNumber):
		return [][]byte{data}
	}
	var all [][]byte
	room := (mtu - header.IPv6MinimumSize - size) &^ 7
	for last := false; !last; {
		last = len(body) <= room
		piece := body[:min(room, len(body))]
		here := place
		if !last {
			here |= more
		}
		made := slices.Concat(data[:headers], make([]byte, size), piece)
		made[ethernetHeader+6] = fragment
		header.IPv6(made[ethernetHeader:]).SetPayloadLength(uint16(size + len(piece)))
		made[headers] = next
		binary.BigEndian.PutUint16(made[headers+2:], here)
		binary.BigEndian.PutUint32(made[headers+4:], whole)
		all = append(all, made)
		body, place = body[len(piece):], place+uint16(len(piece)) // in eights, three bits to the left: in bytes
	}
	return all
}
