package packet

import (
	"cmp"
	"net/netip"
	"slices"
)

// Fragments puts IP packets together again (RFC 791 §3.2, RFC 8200 §4.5). The
// zero value is ready. It holds a bounded number of unfinished packets, and
// forgets the oldest when there are more.
type Fragments struct {
	unfinished map[Datagram]*pieces
	order      []Datagram // oldest first
	Forgotten  uint64     // how many never became whole
}

const (
	maxUnfinished = 64
	maxPieces     = 512
	maxDatagram   = 65535
)

// Datagram is what the fragments of one packet have in common.
type Datagram struct {
	from, to netip.Addr
	protocol Protocol
	id       uint32
}

// Datagram is that of which the packet is a fragment.
func (p *Packet) Datagram() Datagram { return Datagram{p.From, p.To, p.Protocol, p.Fragments.ID} }

type pieces struct {
	list  []Packet
	total int // of the payload, once the last fragment has come; else -1
}

// Add takes one fragment. When it was the last that was missing, whole is the
// packet as it was before it was cut; its Data is a frame that was never sent,
// with the first fragment's headers.
func (f *Fragments) Add(p *Packet) (whole Packet, ok bool) {
	key := p.Datagram()
	end := p.Fragments.Offset + len(p.Segment())
	if end > maxDatagram || p.Faults&(Truncated|Malformed) != 0 && p.Fragments.Offset > 0 {
		return Packet{}, false
	}
	set := f.unfinished[key]
	if set == nil {
		set = f.begin(key)
	}
	if !p.Fragments.More {
		set.total = end
	}
	if len(set.list) == maxPieces {
		return Packet{}, false
	}
	set.list = append(set.list, *p)
	if whole, ok = set.join(); ok {
		f.forget(key)
	}
	return whole, ok
}

func (f *Fragments) begin(key Datagram) *pieces {
	if f.unfinished == nil {
		f.unfinished = make(map[Datagram]*pieces)
	}
	if len(f.order) == maxUnfinished {
		f.forget(f.order[0])
		f.Forgotten++
	}
	set := &pieces{total: -1}
	f.unfinished[key] = set
	f.order = append(f.order, key)
	return set
}

func (f *Fragments) forget(key Datagram) {
	delete(f.unfinished, key)
	if i := slices.Index(f.order, key); i >= 0 {
		f.order = slices.Delete(f.order, i, i+1)
	}
}

// join makes one packet of the pieces, if they leave no hole. Where they
// overlap, what came first counts.
func (s *pieces) join() (Packet, bool) {
	if s.total < 0 {
		return Packet{}, false
	}
	slices.SortStableFunc(s.list, func(a, b Packet) int { return cmp.Compare(a.Fragments.Offset, b.Fragments.Offset) })
	first := &s.list[0]
	if first.Fragments.Offset != 0 || first.transport == 0 {
		return Packet{}, false
	}
	data := append(make([]byte, 0, first.transport+s.total), first.Data[:first.transport]...)
	for i := range s.list {
		piece, have := s.list[i].Segment(), len(data)-first.transport
		skip := have - s.list[i].Fragments.Offset
		if skip < 0 {
			return Packet{}, false
		}
		data = append(data, piece[min(skip, len(piece)):]...)
	}
	if len(data) != first.transport+s.total {
		return Packet{}, false
	}
	whole := *first
	whole.Data, whole.end = data, len(data)
	whole.Fragments, whole.Faults = Fragment{}, first.Faults&BadHeaderChecksum
	whole.decodeTransport()
	return whole, true
}
