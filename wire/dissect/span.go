package dissect

import (
	"math"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// Span is the bytes of one message and what carried them.
type Span struct {
	Bytes     []byte // the first of them, up to the observer's limit
	Size      int    // how many there were
	Missing   int    // how many of these the observer has missed
	Time, End time.Time
	Packets   []frame.Frame // the first of them, up to MaxPackets
	Carriers  int           // how many there were
}

// MaxPackets is how many packets a message remembers.
const MaxPackets = 64

// begin begins the span of the next message.
func (r *Reader) begin() {
	end := r.span.End
	r.span = Span{Time: end, End: end}
	r.own, r.source = false, nil
}

// expect makes room for a body of n bytes, so that each is copied once.
func (r *Reader) expect(n int64) {
	if r.own || n <= int64(len(r.source)-len(r.span.Bytes)) {
		return
	}
	room := min(n, int64(r.limit-len(r.span.Bytes)))
	if room <= 0 || n == math.MaxInt64 {
		return
	}
	r.span.Bytes = append(make([]byte, 0, len(r.span.Bytes)+int(room)), r.span.Bytes...)
	r.own, r.source = true, nil
}

// take moves n bytes of the first chunk into the span.
func (r *Reader) take(n int) {
	c := &r.queue[0]
	r.add(c.data, n, &c.frame)
	if c.data = c.data[n:]; len(c.data) == 0 {
		r.next()
	}
}

// add appends data[:n] to the span. As long as all is from one frame, it is not
// copied: nobody may change a frame.
func (r *Reader) add(data []byte, n int, carrier *frame.Frame) {
	r.secrets.position += int64(n)
	s := &r.span
	if s.Size == 0 {
		s.Time = carrier.Time
	}
	s.End = carrier.Time
	if len(s.Packets) == 0 || !same(&s.Packets[len(s.Packets)-1], carrier) {
		s.Carriers++
		if len(s.Packets) < MaxPackets {
			s.Packets = append(s.Packets, *carrier)
		}
	}
	if keep := min(n, r.limit-len(s.Bytes)); keep > 0 {
		switch {
		case s.Size == 0 && !r.own:
			r.source = data
			s.Bytes = data[:keep:keep]
		case !r.own && len(r.source) >= len(s.Bytes)+keep && &r.source[len(s.Bytes)] == &data[0]:
			size := len(s.Bytes) + keep
			s.Bytes = r.source[:size:size]
		default:
			r.own, r.source = true, nil
			s.Bytes = append(s.Bytes, data[:keep]...)
		}
	}
	s.Size += n
}

// same reports whether two sightings are one: a frame's bytes are its identity.
func same(a, b *frame.Frame) bool {
	return len(a.Data) > 0 && len(b.Data) > 0 && &a.Data[0] == &b.Data[0]
}

func (r *Reader) lose(n int64) {
	r.secrets.position += n
	r.span.Size += int(n)
	r.span.Missing += int(n)
}
