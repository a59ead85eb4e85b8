package wire

import (
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/wire/stream"
)

const control = packet.SYN | packet.FIN | packet.RST

// segment tells of a TCP segment as a message of its own: always when it was
// lost, when it is sent again, or when it refuses or breaks the connection; and
// every one without data when Options.Packets says so.
func (w *Watcher) segment(c *connection, side stream.Side, p *packet.Packet, f *frame.Frame, s *sighting, was stream.State) {
	data := len(p.Payload()) > 0
	switch {
	case s.Note&stream.Retransmission != 0:
		w.tellSegment(c, side, p, f, s)
	case p.Flags&packet.RST != 0 && !was.Over():
		w.tellSegment(c, side, p, f, s)
	case w.options.Packets && !data && len(s.records) == 0:
		w.tellSegment(c, side, p, f, s)
	case !f.Fate.Arrived():
		w.lostSegment(s)
	}
}

// lostSegment tells of a segment that was found to be lost, unless a message
// that it carries alone tells it.
func (w *Watcher) lostSegment(s *sighting) {
	alone := func(r *record) bool { return r.message.Carriers == 1 }
	if slices.ContainsFunc(s.records, alone) || len(s.Frame.Data) == 0 {
		return
	}
	var p packet.Packet
	p.Decode(s.Frame.Data)
	w.translations.read(&p)
	if !p.Has(packet.TCP) || len(p.Payload()) == 0 && p.Flags&control == 0 {
		return
	}
	c := w.streams.Known(&p)
	if c == nil {
		return
	}
	w.tellSegment(c.Owner.(*connection), c.SideOf(&p), &p, &s.Frame, s)
}

// tellSegment makes a message of one segment.
func (w *Watcher) tellSegment(c *connection, side stream.Side, p *packet.Packet, f *frame.Frame, s *sighting) {
	m := &Message{
		Protocol: "TCP", Conversation: c.id, From: c.ends[side], To: c.ends[side.Other()],
		Packet: p.Flags&packet.RST == 0, Beside: c.opener != nil,
	}
	part := dissect.Part{Summary: p.Summary(s.Relative), Key: segmentKey(p, c.conn), Fields: layersFrom(p)}
	part.Args = map[string]any{"Seq": p.Seq - s.Relative.Seq, "Count": len(p.Payload())}
	if s.Note != 0 {
		part.Summary += " (" + s.Note.String() + ")"
	}
	if s.Note&stream.Retransmission != 0 {
		part.Key, m.Packet = "message.tcp.retransmission", false
	}
	if len(p.Payload()) > 0 {
		m.Carries = c.repeats(side, p, s)
	}
	if len(s.Losses) > 0 {
		m.Packet = false
	}
	part.Findings = faults(p)
	w.publish(m, part, spanOf(p.Segment(), f, nil))
}

// repeats is the message whose bytes a segment brings, if it was told of.
func (c *connection) repeats(side stream.Side, p *packet.Packet, s *sighting) uint64 {
	first := int64(int32(p.Seq - s.Relative.Seq))
	if !c.conn.Half[side].Midway {
		first-- // SYN has a number
	}
	if r := c.sides[side].carrying(first); r != nil {
		return r.message.ID
	}
	return 0
}

func segmentKey(p *packet.Packet, c *stream.Conn) string {
	switch f := p.Flags; {
	case f&packet.RST != 0 && c.State == stream.Refused:
		return "message.tcp.refused"
	case f&packet.RST != 0:
		return "message.tcp.rst"
	case f&packet.SYN != 0 && f&packet.ACK != 0:
		return "message.tcp.syn-ack"
	case f&packet.SYN != 0:
		return "message.tcp.syn"
	case f&packet.FIN != 0:
		return "message.tcp.fin"
	case len(p.Payload()) > 0:
		return "message.tcp.segment"
	}
	return "message.tcp.ack"
}

// badSegment tells of a segment whose checksum is wrong.
func (w *Watcher) badSegment(p *packet.Packet, f *frame.Frame, s *sighting) {
	m := &Message{Protocol: "TCP", From: w.names.sender(p, f), To: w.names.receiver(p)}
	if c := w.streams.Known(p); c != nil {
		m.Conversation, s.Relative = c.Owner.(*connection).id, c.Relative(c.SideOf(p))
		s.Conversation = m.Conversation
		if half := c.Owner.(*connection).sides[c.SideOf(p)].half; half != nil && half.Hides() && len(p.Payload()) > 0 {
			f = w.hideAll(s, p)
		}
	}
	w.publish(m, dissect.Part{
		Summary: p.Summary(s.Relative), Key: "message.tcp.segment", Findings: faults(p), Fields: layersFrom(p),
		Args: map[string]any{"Seq": p.Seq - s.Relative.Seq, "Count": len(p.Payload())},
	}, spanOf(p.Segment(), f, nil))
}
