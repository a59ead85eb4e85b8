package capture

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/wirebook/wirebook/frame"
)

// Sightings gives frames that were captured the ID and the hop that those of the
// miniature Internet have: the same packet has one ID, on every cable.
type Sightings struct {
	seed  maphash.Seed
	last  uint64
	whole memory // packets by all that no router changes
	inner memory // packets by what a NAT does not change, either
}

// NewSightings knows no packet yet.
func NewSightings() *Sightings { return &Sightings{seed: maphash.MakeSeed()} }

// Identify completes f, the newest frame. A host has made what it puts on its
// cable. A router has, too, unless the packet was seen on its way there, in which
// case it was forwarded; translates says that it may have changed the packet's
// addresses and ports.
func (s *Sightings) Identify(f *frame.Frame, translates bool) {
	whole, inner := s.keys(f.Data)
	node := f.From()
	if node.Kind == frame.Host {
		s.first(f, whole, inner)
		return
	}
	seen := s.whole.get(whole)
	if seen == nil && node.Kind == frame.Router && translates && inner != 0 {
		if seen = s.inner.get(inner); seen != nil {
			// From here on it looks like this.
			s.whole.put(whole, *seen)
			seen = s.whole.get(whole)
		}
	}
	switch {
	case seen != nil:
		seen.hop = min(seen.hop, 254) + 1
		f.ID, f.Hop = seen.id, seen.hop
	case node.Kind == frame.Router:
		s.first(f, whole, inner)
	default:
		f.Hop = 1 // a switch makes no packets: this one was missed before
	}
}

// Again completes a frame that was seen before, by somebody else; false: it was not.
func (s *Sightings) Again(f *frame.Frame) bool {
	whole, _ := s.keys(f.Data)
	seen := s.whole.get(whole)
	if seen == nil {
		return false
	}
	f.ID, f.Hop = seen.id, min(seen.hop, 254)+1
	return true
}

func (s *Sightings) first(f *frame.Frame, whole, inner uint64) {
	s.last++
	f.ID, f.Hop = s.last, 0
	s.whole.put(whole, sighting{id: s.last})
	if inner != 0 {
		s.inner.put(inner, sighting{id: s.last})
	}
}

// keys are what stays the same of a packet. The second is 0 for what is not
// translated.
func (s *Sightings) keys(data []byte) (whole, inner uint64) {
	const ethernet = 14
	if len(data) < ethernet {
		return s.hash(data), 0
	}
	p := data[ethernet:]
	switch binary.BigEndian.Uint16(data[12:]) {
	case 0x0800:
		if len(p) >= 20 && int(p[0]&15)*4 >= 20 && int(p[0]&15)*4 <= len(p) {
			return s.ipv4(p)
		}
	case 0x86dd:
		if len(p) >= 40 {
			const hopLimit = 7
			return s.hash(p[:hopLimit], p[hopLimit+1:]), 0
		}
	}
	return s.hash(data), 0 // ARP and the like stay on their LAN, as they are
}

// ipv4 leaves the TTL out, and the checksum of the header; and then the addresses,
// ports, and checksums too.
func (s *Sightings) ipv4(p []byte) (whole, inner uint64) {
	header := int(p[0]&15) * 4
	if total := int(binary.BigEndian.Uint16(p[2:])); total >= header && total < len(p) {
		p = p[:total] // short frames are padded
	}
	start, protocol, options, body := p[:8], p[9:10], p[20:header], p[header:]
	whole = s.hash(start, protocol, p[12:])
	var further []byte
	switch fragment := binary.BigEndian.Uint16(p[6:])&0x1fff != 0; {
	case fragment:
	case p[9] == 6 && len(body) >= 20: // TCP
		body, further = body[4:16], body[18:]
	case p[9] == 17 && len(body) >= 8: // UDP
		body, further = body[4:6], body[8:]
	case p[9] == 1 && len(body) >= 8: // ICMP: the checksum, and the identifier of a ping
		body, further = body[:2], body[6:]
	}
	return whole, s.hash(start, protocol, options, body, further) | 1
}

func (s *Sightings) hash(parts ...[]byte) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, part := range parts {
		_, _ = h.Write(part) // it never fails
	}
	return h.Sum64()
}

// memory is of the newest packets only.
type memory struct {
	by   map[uint64]*sighting
	ring [1 << 13]uint64
	next int
}

type sighting struct {
	id  uint64
	hop uint8
}

func (m *memory) get(key uint64) *sighting { return m.by[key] }

func (m *memory) put(key uint64, s sighting) {
	if m.by == nil {
		m.by = make(map[uint64]*sighting)
	}
	if old := m.by[key]; old != nil {
		*old = s
		return
	}
	delete(m.by, m.ring[m.next])
	m.ring[m.next], m.next = key, (m.next+1)%len(m.ring)
	m.by[key] = &s
}
