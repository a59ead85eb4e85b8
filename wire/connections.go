package wire

import (
	"net/netip"
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/wire/stream"
)

// connection is a TCP connection with the dissectors of its two directions.
type connection struct {
	watcher  *Watcher
	conn     *stream.Conn
	id       uint64 // the conversation
	ends     [2]Endpoint
	midway   bool
	open     bool // the handshake was completed
	protocol string
	decided  bool           // which protocol it is
	opener   dissect.Opener // who says what its opening means, or nil
	stream   *dissect.Stream
	sides    [2]*direction
}

// direction is the bytes of one side, on their way to its dissector. It is the
// stream's Sink.
type direction struct {
	connection *connection
	side       stream.Side
	half       *dissect.Half // nil until the protocol is known
	early      []early       // what came before that
	done       int64         // how many bytes the messages so far had
	told       []told        // the newest of these messages
	secrets    []span        // the sequence numbers of what nobody should see
}

// early is what came before the protocol was known.
type early struct {
	data  []byte
	gap   int64
	push  bool
	frame frame.Frame
}

// told is a message that this direction has brought, and where it ended.
type told struct {
	end    int64
	record *record
}

const (
	rememberTold = 8
	sniffBytes   = 64
)

// tcp takes one segment.
func (w *Watcher) tcp(p *packet.Packet, f *frame.Frame, s *sighting) {
	if p.Faults&(packet.BadTransportChecksum|packet.BadHeaderChecksum) != 0 {
		w.badSegment(p, f, s)
		return // its receiver throws it away, too
	}
	c, fresh := w.streams.Find(p)
	if c == nil {
		return
	}
	if fresh {
		w.connect(c, p, f)
	}
	owner := c.Owner.(*connection)
	s.Conversation, s.Relative = owner.id, c.Relative(c.SideOf(p))
	was := c.State
	side, note := c.Segment(p, f)
	if w.hideIn(s, owner.sides[side], p) {
		f = &s.Frame
		p.Decode(f.Data)
		w.translations.read(p)
	}
	s.Note, s.Relative = note, c.Relative(side)
	owner.open = owner.open || c.State >= stream.Established && c.State <= stream.Closed
	if owner.ends[side].Host == "" {
		owner.ends[side] = w.names.sender(p, f)
	}
	if fresh && p.Flags&packet.SYN != 0 {
		w.opened(owner, p, f)
	}
	w.segment(owner, side, p, f, s, was)
}

// opened tells of a connection's opening, where that is part of its protocol.
func (w *Watcher) opened(c *connection, p *packet.Packet, f *frame.Frame) {
	if c.opener == nil {
		return
	}
	part := c.opener.Opened(c.stream)
	if part == nil {
		return
	}
	part.Fields = layersFrom(p)
	m := &Message{Conversation: c.id, Protocol: c.protocol, From: c.ends[stream.Client], To: c.ends[stream.Server]}
	w.publish(m, *part, spanOf(p.Segment(), f, nil))
}

// reached is told that a connection leads to somebody else than its client's
// packets say: a NAT forwards it.
func (w *Watcher) reached(first, later *packet.Packet, s *sighting) {
	c := w.streams.Known(first)
	if c == nil || first.To == later.To && first.ToPort == later.ToPort {
		return
	}
	owner, side := c.Owner.(*connection), c.SideOf(first)
	owner.ends[side.Other()] = w.names.receiver(later)
	for _, r := range s.records { // what was told when nobody could know that
		m := *r.message
		m.To = owner.ends[side.Other()]
		r.message = &m
		w.tell(&m, true)
	}
	if owner.decided {
		return
	}
	if d := w.registry.announced(true, netip.AddrPortFrom(later.To, later.ToPort)); d != nil {
		owner.decide(d)
		w.opened(owner, first, &s.Frame)
	}
}

// connect prepares a new connection's dissectors.
func (w *Watcher) connect(c *stream.Conn, p *packet.Packet, f *frame.Frame) {
	w.lastFlow++
	owner := &connection{watcher: w, conn: c, id: w.lastFlow, midway: p.Flags&packet.SYN == 0}
	from, to := w.names.sender(p, f), w.names.receiver(p)
	owner.ends[stream.Client], owner.ends[stream.Server] = from, to
	if c.SideOf(p) == stream.Server {
		owner.ends[stream.Client], owner.ends[stream.Server] = to, from
	}
	c.Owner = owner
	for side := range owner.sides {
		d := &direction{connection: owner, side: stream.Side(side)}
		owner.sides[side] = d
		c.Half[side].Sink = d
	}
	if d := w.registry.forTCP(c.Addr[stream.Server]); d != nil {
		owner.decide(d)
	}
}

// decide sets the protocol; nil: plain data.
func (c *connection) decide(d *dissector) {
	c.decided = true
	read := [2]func(*dissect.Reader){plain, plain}
	c.protocol = "TCP"
	if d != nil && d.stream != nil {
		c.protocol = d.name
		from, to := c.conn.Addr[stream.Client], c.conn.Addr[stream.Server]
		c.stream = &dissect.Stream{
			Client: from, Server: to, Midway: c.midway, Expect: c.watcher.registry.expect,
			Translated: func() (client, server netip.AddrPort) { return c.watcher.translations.translated(from, to) },
			Open:       func() bool { return c.open },
			Closed:     func() bool { return c.conn.State == stream.Closing || c.conn.State == stream.Closed },
		}
		c.opener, _ = d.stream.(dissect.Opener)
		client, server := d.stream.Stream(c.stream)
		read[stream.Client], read[stream.Server] = thenPlain(client), thenPlain(server)
	}
	for i, side := range c.sides {
		side.half = dissect.NewHalf(read[i], c.watcher.options.Keep, side.emit)
		side.half.Hidden, side.half.ShowSecrets = side.hide, c.watcher.options.Secrets
	}
	for _, side := range c.sides {
		for _, e := range side.early {
			if e.gap > 0 {
				side.half.Gap(e.gap)
			} else {
				side.half.Push(e.data, e.push, &e.frame)
			}
		}
		side.early = nil
	}
}

// Push is given the next bytes.
func (d *direction) Push(data []byte, push bool, carrier *frame.Frame) {
	c := d.connection
	if !c.decided {
		d.early = append(d.early, early{data: data, push: push, frame: *carrier})
		d.sniff()
		return
	}
	if other := c.sides[d.side.Other()].half; other != nil {
		other.Turn()
	}
	d.half.Push(data, push, carrier)
}

// sniff looks at the first bytes to find out the protocol.
func (d *direction) sniff() {
	var start []byte
	for _, e := range d.early {
		if len(start) < sniffBytes {
			start = append(start, e.data[:min(len(e.data), sniffBytes-len(start))]...)
		}
	}
	found, sure := d.connection.watcher.registry.guess(d.side == stream.Client, start)
	if found != nil || sure || len(start) == sniffBytes {
		d.connection.decide(found)
	}
}

// Gap is told of bytes that were missed.
func (d *direction) Gap(n int64) {
	if d.half == nil {
		d.early = append(d.early, early{gap: n})
		return
	}
	d.half.Gap(n)
}

// End is told that this side says no more.
func (d *direction) End(reset bool) {
	c := d.connection
	if !c.decided && len(d.early) > 0 {
		c.decide(nil)
	}
	if d.half != nil {
		d.half.End(reset)
	}
}

// stop ends the coroutines.
func (c *connection) stop() {
	for _, side := range c.sides {
		if side.half != nil {
			side.half.Stop()
		}
	}
}

// emit makes a message of what the dissector has read.
func (d *direction) emit(part dissect.Part, span dissect.Span) dissect.Ref {
	c, w := d.connection, d.connection.watcher
	m := &Message{Conversation: c.id, Protocol: c.protocol, From: c.ends[d.side], To: c.ends[d.side.Other()]}
	ref, r := w.publish(m, part, span)
	w.carried = append(w.carried, carried{d, m.Packets})
	d.done += int64(span.Size)
	if len(d.told) == rememberTold {
		d.told = slices.Delete(d.told, 0, 1)
	}
	d.told = append(d.told, told{end: d.done, record: r})
	return ref
}

// carrying is the message that has byte number n of this side, if it has been
// told of and is remembered.
func (d *direction) carrying(n int64) *record {
	for _, t := range d.told {
		if n < t.end {
			if n < t.end-int64(t.record.message.Size) {
				return nil
			}
			return t.record
		}
	}
	return nil
}

const maxPlain = 64 << 10

// plain reads data of which nothing is known: a message is what was given to
// TCP at once.
func plain(r *dissect.Reader) {
	for r.Burst(maxPlain) == nil {
		emitPlain(r)
	}
}

// thenPlain reads with a dissector, and what it leaves as plain data.
func thenPlain(read func(*dissect.Reader)) func(*dissect.Reader) {
	return func(r *dissect.Reader) {
		read(r)
		if r.Offset() > 0 {
			emitPlain(r)
		}
		plain(r)
	}
}

func emitPlain(r *dissect.Reader) {
	part := dataPart("message.tcp.data", r.Read())
	part.Protocol = "TCP"
	part.Summary = dataSummary(r.Read(), r.Offset())
	part.Args = map[string]any{"Count": r.Offset()}
	r.Emit(*part)
}
