package wire

import (
	"github.com/wirebook/wirebook/frame"
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
	records []*record // the messages that it carries all or a part of
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

const historyPackets = 1 << 15 // a power of two

func newHistory(maxBytes int) *history {
	return &history{
		ring:     make([]sighting, historyPackets),
		byID:     make([]uint64, historyPackets),
		maxBytes: maxBytes,
	}
}

// add puts a packet in, and gives its place, which is good until the next.
func (h *history) add(f *frame.Frame) *sighting {
	if h.count-h.released == historyPackets {
		h.release()
	}
	s := &h.ring[h.count%historyPackets]
	*s = sighting{Packet: Packet{Frame: *f, Fate: f.Fate}}
	h.count++
	if f.ID != 0 {
		h.byID[f.ID%historyPackets] = h.count
	}
	h.bytes += len(f.Data)
	for h.bytes > h.maxBytes && h.released < h.count-1 {
		h.release()
	}
	return s
}

// release lets the oldest packet's bytes go.
func (h *history) release() {
	s := &h.ring[h.released%historyPackets]
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
	at := h.byID[id%historyPackets]
	if at == 0 || h.count-at >= historyPackets {
		return nil
	}
	if s := &h.ring[(at-1)%historyPackets]; s.Frame.ID == id {
		return s
	}
	return nil
}

// all calls f for each packet that is still known, oldest first.
func (h *history) all(f func(*sighting)) {
	for at := h.count - min(h.count, historyPackets); at < h.count; at++ {
		f(&h.ring[at%historyPackets])
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
