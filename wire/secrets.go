package wire

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/wire/stream"
)

// What is secret in a stream, its dissector says (dissect.Reader.Hide). Here are
// the packets that bring it, on whichever link and however often: asterisks
// stand for the secret in all that the Watcher gives away.

// span is sequence numbers, the last not included.
type span struct{ from, to uint32 }

// maxSpans is how many secrets of a direction are remembered, since a segment
// may be sent again.
const maxSpans = 64

// hide is told by the dissector that bytes of its stream are secret. It is
// dissect.Half's Hidden.
func (d *direction) hide(carrier *frame.Frame, from, to int64) {
	half := &d.connection.conn.Half[d.side]
	start := half.Start
	if !half.Midway {
		start++ // SYN has a number
	}
	now := span{start + uint32(from), start + uint32(to)}
	if n := len(d.secrets); n > 0 && d.secrets[n-1].to == now.from {
		d.secrets[n-1].to = now.to
	} else {
		if n == maxSpans {
			d.secrets = slices.Delete(d.secrets, 0, 1)
		}
		d.secrets = append(d.secrets, now)
	}
	w := d.connection.watcher
	if s := w.history.find(carrier.ID); s != nil && len(s.Frame.Data) > 0 { // it may have waited for what precedes it
		var p packet.Packet
		p.Decode(s.Frame.Data)
		w.hideIn(s, d, &p)
	}
}

// secretsIn are the places of secrets in a segment's payload.
func (d *direction) secretsIn(p *packet.Packet) []dissect.Range {
	var found []dissect.Range
	size := len(p.Payload())
	for _, s := range d.secrets {
		from, to := max(int(int32(s.from-p.Seq)), 0), min(int(int32(s.to-p.Seq)), size)
		if from < to {
			found = append(found, dissect.Range{Offset: from, Length: to - from})
		}
	}
	return found
}

// hideIn hides the secrets of a packet in the history, and reports whether there
// are any, so that p has to be read again.
func (w *Watcher) hideIn(s *sighting, d *direction, p *packet.Packet) bool {
	if len(d.secrets) == 0 || len(s.Frame.Data) == 0 {
		return false
	}
	return s.hide(d.secretsIn(p), p)
}

func (s *sighting) hide(secrets []dissect.Range, p *packet.Packet) bool {
	if s.secrets = secrets; len(secrets) == 0 {
		return false
	}
	whole := len(p.Data) == s.size // else it is a fragment of p
	s.Frame.Data = asterisks(s.Frame.Data, secrets)
	return whole
}

// hideAll hides the whole payload of a packet, where nobody can say what is
// secret in it.
func (w *Watcher) hideAll(s *sighting, p *packet.Packet) *frame.Frame {
	s.secrets = []dissect.Range{everything}
	s.Frame.Data = asterisks(s.Frame.Data, s.secrets)
	p.Decode(s.Frame.Data)
	w.translations.read(p)
	return &s.Frame
}

// carried are the packets that have brought a message of a direction.
type carried struct {
	direction *direction
	packets   []frame.Frame
}

// hideCarried hides secrets in what has carried the messages that are about to be
// told. A segment may have the end of one message and a secret of the next.
func (w *Watcher) hideCarried() {
	for _, c := range w.carried {
		for i := range c.packets {
			if len(c.direction.secrets) == 0 {
				break
			}
			var p packet.Packet
			p.Decode(c.packets[i].Data)
			c.packets[i].Data = asterisks(c.packets[i].Data, c.direction.secretsIn(&p))
		}
	}
	clear(w.carried)
	w.carried = w.carried[:0]
}

// hidden is a frame without its secrets, and whether it had any. Those of a
// packet are known by its first sighting.
func (w *Watcher) hidden(f *frame.Frame) (frame.Frame, bool) {
	var secrets []dissect.Range
	s := w.history.find(f.ID)
	switch {
	case s == nil: // long ago, or a frame without an ID
		secrets = w.secretsOf(f)
	case len(f.Data) == s.size:
		secrets = s.secrets
	case len(s.secrets) > 0: // a NAT's helper has written it anew: who knows what is where
		secrets = []dissect.Range{everything}
	}
	if len(secrets) == 0 {
		return *f, false
	}
	now := *f
	now.Data = asterisks(f.Data, secrets)
	return now, true
}

// secretsOf are the secrets of a packet of which only the connection is known.
func (w *Watcher) secretsOf(f *frame.Frame) []dissect.Range {
	var p packet.Packet
	p.Decode(f.Data)
	if !p.Has(packet.TCP) || len(p.Payload()) == 0 {
		return nil
	}
	w.translations.read(&p)
	c := w.streams.Known(&p)
	if c == nil {
		return nil
	}
	return c.Owner.(*connection).sides[c.SideOf(&p)].secretsIn(&p)
}

// everything is all of a payload.
var everything = dissect.Range{Length: math.MaxInt32}

// hideQuoted hides the secrets of a segment that an ICMP error quotes, and reports
// whether there are any.
func (w *Watcher) hideQuoted(s *sighting, p *packet.Packet) bool {
	quoted, ok := p.Quoted()
	if !ok || !quoted.Has(packet.TCP) {
		return false
	}
	at := quoted.PayloadOffset()
	if known, ok := w.translations.quoted(&quoted); ok {
		known.into(&quoted)
	}
	c := w.streams.Known(&quoted)
	if c == nil {
		return false
	}
	secrets := c.Owner.(*connection).sides[c.SideOf(&quoted)].secretsIn(&quoted)
	for i := range secrets {
		secrets[i].Offset += at
	}
	return s.hide(secrets, p)
}

// asterisks returns a frame with asterisks for secrets of what its transport
// carries, and with a checksum that fits. The frame is not changed: others see
// it.
func asterisks(data []byte, secrets []dissect.Range) []byte {
	var p packet.Packet
	if len(secrets) > 0 {
		p.Decode(data)
	}
	if len(p.Payload()) == 0 {
		return data
	}
	if p.Fragments.Part() {
		secrets = []dissect.Range{everything}
	}
	now := slices.Clone(data)
	for _, s := range secrets {
		for i := s.Offset; i < min(s.Offset+s.Length, len(p.Payload())); i++ {
			replace(now, &p, p.PayloadOffset()+i, '*')
		}
	}
	return now
}

// replace changes one byte of a TCP segment or an ICMP message, and its checksum
// with it (RFC 1624 §3), so that a wrong checksum stays wrong.
func replace(frame []byte, p *packet.Packet, at int, c byte) {
	segment, checksum := p.TransportOffset(), 16 // where it stands in the header
	if p.Has(packet.ICMP) || p.Has(packet.ICMPv6) {
		checksum = 2
	}
	old, now := uint32(frame[at]), uint32(c)
	frame[at] = c
	if p.Fragments.Offset > 0 {
		return // the header is in another fragment
	}
	if (at-segment)%2 == 0 {
		old, now = old<<8, now<<8
	}
	field := frame[segment+checksum:]
	sum := uint32(^binary.BigEndian.Uint16(field)) + (^old & 0xffff) + now
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(field, ^uint16(sum))
}

// passing are frames on their way to Options.Frames. A segment that came before
// what precedes it has to wait: nobody can say yet what in it is secret. All
// behind it wait, too, so that the order stays.
type passing struct {
	queue []passenger
	bytes int
}

type passenger struct {
	frame frame.Frame
	half  *stream.Half // nil: it need not wait
	end   uint32       // it waits until its half has passed this number
}

const (
	maxPassengers   = 4096
	maxPassingBytes = 8 << 20
)

// queue puts a frame in; p is nil on a later link.
func (w *Watcher) queue(f *frame.Frame, p *packet.Packet) {
	if w.options.Frames == nil {
		return
	}
	now := passenger{frame: *f}
	if p != nil && p.Has(packet.TCP) && len(p.Payload()) > 0 && !w.options.Secrets {
		if c := w.streams.Known(p); c != nil {
			side := c.SideOf(p)
			if half := c.Owner.(*connection).sides[side].half; half != nil && half.Hides() {
				now.half, now.end = &c.Half[side], p.Seq+uint32(len(p.Payload()))
			}
		}
	}
	w.passing.queue = append(w.passing.queue, now)
	w.passing.bytes += len(f.Data)
}

// pass lets the frames go that need not wait any longer.
func (w *Watcher) pass() {
	q := &w.passing
	n := 0
	for ; n < len(q.queue); n++ {
		next := &q.queue[n]
		waits := next.half != nil && !next.half.Passed(next.end)
		tooMany := len(q.queue)-n > maxPassengers || q.bytes > maxPassingBytes
		if waits && !tooMany {
			break
		}
		q.bytes -= len(next.frame.Data)
		f, hidden := w.hidden(&next.frame)
		if waits { // to be on the safe side, all of it
			f.Data, hidden = asterisks(f.Data, []dissect.Range{everything}), true
		}
		w.options.Frames(&f, hidden)
	}
	if n > 0 {
		q.queue = slices.Delete(q.queue, 0, n)
	}
}
