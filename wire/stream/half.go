package stream

import (
	"slices"

	"github.com/wirebook/wirebook/frame"
)

// Sink is given one direction's bytes, in order.
type Sink interface {
	Push(data []byte, push bool, carrier *frame.Frame)
	Gap(n int64)
	End(reset bool)
}

// Half is one direction of a connection.
type Half struct {
	Start  uint32 // its initial sequence number, or the first that was seen
	Midway bool   // Start is not from a SYN: the beginning was not seen
	Sink   Sink
	Missed uint64 // bytes that were acknowledged but never seen

	begun    bool
	ended    bool
	next     uint32 // the next byte in order
	top      uint32 // the byte after the last that was sent
	fin      uint32 // the sequence number of FIN,
	finished bool   // which has come
	waiting  []waiting
	buffered int

	acked    uint32 // what this side has acknowledged of the other
	window   uint16
	hasAcked bool
}

// waiting is a segment that came before what precedes it.
type waiting struct {
	seq   uint32
	data  []byte
	push  bool
	frame frame.Frame
}

// beside is what a waiting segment takes beside its data: its frame, and its place
// here. Who sends single bytes is not to fill the memory.
const beside = 192

// size is how much memory the segment takes, about.
func (w *waiting) size() int { return len(w.data) + beside }

// ahead is how far b is past a in the sequence space (RFC 9293 §3.4).
func ahead(a, b uint32) int { return int(int32(b - a)) }

// begin sets the first sequence number.
func (h *Half) begin(seq uint32, syn bool) {
	h.begun, h.Start, h.Midway = true, seq, !syn
	h.next = seq
	if syn {
		h.next++
	}
	h.top = h.next
}

// add takes a segment's bytes, whose first is number seq.
func (h *Half) add(seq uint32, data []byte, push bool, carrier *frame.Frame) {
	if h.ended || len(data) == 0 {
		return
	}
	switch skip := ahead(seq, h.next); {
	case skip >= len(data): // all of it is old
	case skip >= 0:
		h.deliver(data[skip:], push, carrier)
		h.drain()
	default:
		h.wait(waiting{seq, data, push, *carrier})
	}
}

func (h *Half) deliver(data []byte, push bool, carrier *frame.Frame) {
	h.next += uint32(len(data))
	h.Sink.Push(data, push, carrier)
}

// wait keeps a segment, in the order of sequence numbers.
func (h *Half) wait(w waiting) {
	at, _ := slices.BinarySearchFunc(h.waiting, w.seq, func(o waiting, seq uint32) int { return ahead(seq, o.seq) })
	h.waiting = slices.Insert(h.waiting, at, w)
	h.buffered += w.size()
}

// Passed reports whether the sink has been given all up to number end, or will
// never be.
func (h *Half) Passed(end uint32) bool {
	return !h.begun || h.ended || ahead(end, h.next) >= 0
}

// drain delivers what waited for the bytes before it.
func (h *Half) drain() {
	for len(h.waiting) > 0 {
		w := h.waiting[0]
		skip := ahead(w.seq, h.next)
		if skip < 0 {
			break
		}
		h.waiting = slices.Delete(h.waiting, 0, 1)
		h.buffered -= w.size()
		if skip < len(w.data) {
			h.deliver(w.data[skip:], w.push, &w.frame)
		}
	}
	if h.finished && !h.ended && ahead(h.fin, h.next) >= 0 {
		h.next++ // FIN has a number too
		h.end(false)
	}
}

// giveUp reports what is missing before number seq as missed.
func (h *Half) giveUp(seq uint32) {
	for !h.ended && ahead(h.next, seq) > 0 {
		to := seq
		if len(h.waiting) > 0 && ahead(h.waiting[0].seq, seq) > 0 {
			to = h.waiting[0].seq
		}
		missing := ahead(h.next, to)
		h.next = to
		h.Sink.Gap(int64(missing))
		h.Missed += uint64(missing)
		h.drain()
	}
}

// giveUpAll delivers all that waits, with gaps where something is missing.
func (h *Half) giveUpAll() {
	for len(h.waiting) > 0 {
		h.giveUp(h.waiting[0].seq)
	}
}

func (h *Half) end(reset bool) {
	if h.ended {
		return
	}
	h.ended = true
	h.waiting, h.buffered = nil, 0
	h.Sink.End(reset)
}
