package stream

import (
	"net/netip"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/packet"
)

// Side is one of the two ends of a connection.
type Side uint8

// The sides.
const (
	Client Side = iota
	Server
)

// Other is the opposite side.
func (s Side) Other() Side { return s ^ 1 }

// State is how far a connection has come, as an observer can tell.
type State uint8

// The states.
const (
	Opening     State = iota // SYN
	Accepted                 // SYN, ACK
	Established              // the handshake is complete, or was not seen
	Closing                  // one side has sent FIN
	Closed                   // both have
	Refused                  // RST in reply to SYN
	Reset                    // RST
)

var states = [...]string{"opening", "accepted", "established", "closing", "closed", "refused", "reset"}

// String is the state's name.
func (s State) String() string { return states[s] }

// Over reports whether no more data can come.
func (s State) Over() bool { return s >= Closed }

// Note is what a segment is to its connection, as a set of flags.
type Note uint8

// What can be said of a segment.
const (
	Retransmission Note = 1 << iota // all that it brings was sent before
	OutOfOrder                      // something before it is missing
	DuplicateACK                    // acknowledges what the last one did
	KeepAlive                       // repeats an old sequence number to get an answer (RFC 9293 §3.8.4)
	ZeroWindow                      // its sender can take no more
)

var notes = [...]string{"retransmission", "out of order", "duplicate ACK", "keep-alive", "window full"}

// String lists the notes.
func (n Note) String() string {
	text := ""
	for i, name := range notes {
		if n&(1<<i) == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += name
	}
	return text
}

// Conn is one TCP connection.
type Conn struct {
	ID    uint64
	Addr  [2]netip.AddrPort // of the client and of the server
	Half  [2]Half           // what the client sent, what the server sent
	State State
	Owner any // for the table's user

	table          *Table
	older, younger *Conn
	list           *list
}

// SideOf is the side that has sent p.
func (c *Conn) SideOf(p *packet.Packet) Side {
	if p.From == c.Addr[Client].Addr() && p.FromPort == c.Addr[Client].Port() {
		return Client
	}
	return Server
}

// Relative is where the sequence numbers of that side's segments start.
func (c *Conn) Relative(s Side) packet.Relative {
	return packet.Relative{Seq: c.Half[s].Start, Ack: c.Half[s.Other()].Start, Known: true}
}

// Segment takes a segment of the connection, gives the sinks what it brings,
// and says what it is.
func (c *Conn) Segment(p *packet.Packet, f *frame.Frame) (Side, Note) {
	side := c.SideOf(p)
	h, other := &c.Half[side], &c.Half[side.Other()]
	var note Note
	if h.begun {
		note = h.judge(p, other)
	} else if p.Flags&packet.RST == 0 {
		h.begin(p.Seq, p.Flags&packet.SYN != 0)
	}
	c.advance(side, p)
	if p.Flags&packet.RST != 0 {
		return side, 0
	}
	before := h.buffered + other.buffered
	if p.Flags&packet.ACK != 0 {
		h.acknowledge(other, p)
	}
	seq := p.Seq
	if p.Flags&packet.SYN != 0 {
		seq++
	}
	data := p.Payload()
	if p.Flags&packet.FIN != 0 && !h.finished {
		h.finished, h.fin = true, seq+uint32(len(data))
	}
	if end := seq + uint32(len(data)); ahead(h.top, end) > 0 {
		h.top = end
	}
	h.add(seq, data, p.Flags&packet.PSH != 0, f)
	h.drain()
	c.table.account(c, h.buffered+other.buffered-before)
	return side, note
}

// acknowledge notes what this side has got of the other's bytes. What was
// acknowledged and never seen, the observer has missed.
func (h *Half) acknowledge(other *Half, p *packet.Packet) {
	h.acked, h.window, h.hasAcked = p.Ack, p.Window, true
	if !other.begun || ahead(other.next, p.Ack) <= 0 {
		return
	}
	to := p.Ack
	if other.finished && ahead(other.fin, to) > 0 {
		to = other.fin
	}
	other.giveUp(to)
	other.drain()
}

// judge says what a segment is, before it is taken in.
func (h *Half) judge(p *packet.Packet, other *Half) Note {
	var note Note
	size := len(p.Payload())
	length := size // in sequence numbers: SYN and FIN have one each
	if p.Flags&(packet.SYN|packet.FIN) != 0 {
		length++
	}
	place := ahead(h.next, p.Seq)
	switch {
	case p.Flags&packet.RST != 0:
	case place == -1 && length == size && size <= 1 && (size == 0 || other.acked == h.next):
		note = KeepAlive
	case length == 0:
		if h.hasAcked && p.Flags&packet.ACK != 0 && p.Ack == h.acked && p.Window == h.window && ahead(p.Ack, other.top) > 0 {
			note = DuplicateACK
		}
	case place+length <= 0:
		note = Retransmission
	case place > 0:
		note = OutOfOrder
	}
	if p.Window == 0 && p.Flags&(packet.SYN|packet.RST) == 0 {
		note |= ZeroWindow
	}
	return note
}

// advance moves the state on.
func (c *Conn) advance(side Side, p *packet.Packet) {
	switch f := p.Flags; {
	case f&packet.RST != 0:
		c.reset(side)
	case f&packet.SYN != 0 && f&packet.ACK != 0 && c.State == Opening:
		c.State = Accepted
	case f&packet.SYN != 0:
	case f&packet.FIN != 0 && c.State < Closing:
		c.State = Closing
	case f&packet.FIN != 0 && c.State == Closing && c.Half[side.Other()].finished:
		c.State = Closed
		c.table.closed(c)
	case side == Client && c.State < Established, c.Half[side].Midway && c.State < Established:
		c.State = Established
	}
}

// reset ends both directions: what waited will never be in order.
func (c *Conn) reset(side Side) {
	if c.State.Over() {
		return
	}
	if c.State == Opening && side == Server {
		c.State = Refused
	} else {
		c.State = Reset
	}
	c.finish(true)
	c.table.closed(c)
}

// finish gives the sinks what is left and ends them.
func (c *Conn) finish(reset bool) {
	for s := range c.Half {
		h := &c.Half[s]
		if h.begun && h.Sink != nil {
			c.table.buffered -= h.buffered
			h.giveUpAll()
			h.end(reset)
			h.buffered = 0
		}
	}
}
