package wire

import (
	"net/netip"
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/wire/stream"
)

// Packet is one packet that a host or router sent, as it was on the first link.
type Packet struct {
	Frame        frame.Frame // its Data is nil when the history has had to let it go
	Conversation uint64
	Note         stream.Note // what it is to its TCP connection
	Fate         frame.Fate  // on all links so far, together
	Losses       []Loss
	Relative     packet.Relative // what the sequence numbers in Line count from
}

// Line is the packet in one line, as "SYN seq=0 win=64240 mss=1460".
func (p *Packet) Line() string {
	if len(p.Frame.Data) == 0 {
		return ""
	}
	var read packet.Packet
	read.Decode(p.Frame.Data)
	line := read.Summary(p.Relative)
	if p.Note != 0 {
		line += " (" + p.Note.String() + ")"
	}
	return line
}

// Layers is the tree of the packet's fields, a layer each.
func (p *Packet) Layers() []Field { return packet.Layers(p.Frame.Data) }

// sighting is a packet in the history.
type sighting struct {
	Packet
	records []*record       // the messages that it carries all or a part of
	secrets []dissect.Range // of its payload; they are hidden in Frame.Data
	size    int             // of Frame.Data
}

// record is the newest version of a message.
type record struct{ message *Message }

// history is the newest packets, in a ring. A packet's later sightings find it
// there by its ID.
type history struct {
	ring     []sighting
	count    uint64   // how many were put in
	byID     []uint64 // the count at which a packet was put in, at its ID's low bits
	bytes    int      // of the Data that is held
	maxBytes int
	released uint64 // how many have lost their Data
}

const (
	maxHistory = 1 << 15 // packets
	typical    = 512     // bytes of a packet: small ones are as frequent as large ones
)

func newHistory(maxBytes int) *history {
	size := 64
	for size < maxHistory && size < maxBytes/typical {
		size *= 2
	}
	return &history{ring: make([]sighting, size), byID: make([]uint64, size), maxBytes: maxBytes}
}

// at is the packet that was put in as number n, the first being 0.
func (h *history) at(n uint64) *sighting { return &h.ring[n%uint64(len(h.ring))] }

// add puts a packet in, and gives its place, which is good until the next.
func (h *history) add(f *frame.Frame) *sighting {
	if h.count-h.released == uint64(len(h.ring)) {
		h.release()
	}
	s := h.at(h.count)
	*s = sighting{Packet: Packet{Frame: *f, Fate: f.Fate}, size: len(f.Data)}
	h.count++
	if f.ID != 0 {
		h.byID[f.ID%uint64(len(h.byID))] = h.count
	}
	h.bytes += len(f.Data)
	for h.bytes > h.maxBytes && h.released < h.count-1 {
		h.release()
	}
	return s
}

// release lets the oldest packet's bytes go.
func (h *history) release() {
	s := h.at(h.released)
	h.bytes -= len(s.Frame.Data)
	s.Frame.Data = nil
	s.records = nil
	h.released++
}

// find returns the packet of that ID, or nil.
func (h *history) find(id uint64) *sighting {
	if id == 0 {
		return nil
	}
	at := h.byID[id%uint64(len(h.byID))]
	if at == 0 || h.count-at >= uint64(len(h.ring)) {
		return nil
	}
	if s := h.at(at - 1); s.Frame.ID == id {
		return s
	}
	return nil
}

// all calls f for each packet that is still known, oldest first.
func (h *history) all(f func(*sighting)) {
	for n := h.count - min(h.count, uint64(len(h.ring))); n < h.count; n++ {
		f(h.at(n))
	}
}

// Conversation returns the newest packets of a conversation, up to max of them,
// in order: what a message is expanded to.
func (w *Watcher) Conversation(id uint64, max int) []Packet {
	w.mu.Lock()
	defer w.mu.Unlock()
	var packets []Packet
	w.history.all(func(s *sighting) {
		if s.Conversation == id {
			packets = append(packets, s.Packet)
		}
	})
	return packets[len(packets)-min(max, len(packets)):]
}

// Ends are those of a conversation that the newest packets have, each pair once:
// where a NAT is between, the server's packets have others than the client's.
func (w *Watcher) Ends(conversation uint64) [][2]netip.AddrPort {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all [][2]netip.AddrPort
	w.history.all(func(s *sighting) {
		if s.Conversation != conversation || s.Frame.Data == nil {
			return
		}
		var p packet.Packet
		p.Decode(s.Frame.Data)
		from, to := p.Ends()
		if to.Compare(from) < 0 {
			from, to = to, from
		}
		if pair := [2]netip.AddrPort{from, to}; !slices.Contains(all, pair) {
			all = append(all, pair)
		}
	})
	return all
}
