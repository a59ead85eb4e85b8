package dissect

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/wirebook/wirebook/frame"
)

// What can happen to a Reader beside io.EOF and io.ErrUnexpectedEOF.
var (
	ErrTooLong = errors.New("line too long")
	ErrGap     = errors.New("bytes were missed")
)

// Reader reads what one side of a TCP conversation said, in order, each byte
// once. Everything read since the last message was emitted belongs to the next.
//
// Its methods wait for bytes that are not there yet; their error is io.EOF at
// the end, io.ErrUnexpectedEOF when it comes in the middle of what was asked
// for, and ErrGap where the observer missed something.
type Reader struct {
	pause func() bool // waits for the next chunk; false: nobody will look any more
	emit  func(Part, Span) Ref

	queue []chunk // what has come and was not read
	ended bool
	reset bool

	skipping int64 // Skip is waiting for that many
	bursting bool  // Burst is waiting

	span    Span
	limit   int    // how much of a message is kept
	own     bool   // span.Bytes is a copy of ours, not part of a frame
	source  []byte // when it is not: the rest of that frame from span.Bytes's start
	scratch []byte

	secrets secrets
}

// chunk is what one segment added to the stream.
type chunk struct {
	data    []byte
	missing int64 // no data: so many bytes are missing here
	push    bool  // the sender had no more to send for now
	frame   frame.Frame
}

// Offset is how many bytes have been read since the last message.
func (r *Reader) Offset() int { return r.span.Size }

// Read is what has been read since the last message, up to what is kept. Nobody
// may change it.
func (r *Reader) Read() []byte { return r.span.Bytes }

// Reset reports whether the conversation was cut off (RST), not closed (FIN).
func (r *Reader) Reset() bool { return r.reset }

// Line reads up to and with the next line feed. The slice may be kept, but not
// changed. With io.ErrUnexpectedEOF it holds what there was, with ErrTooLong
// max bytes of it.
func (r *Reader) Line(max int) ([]byte, error) {
	return r.read(max, func(have int, data []byte) (int, bool) {
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1, true
		}
		return len(data), false
	})
}

// Bytes reads n bytes. The slice may be kept, but not changed.
func (r *Reader) Bytes(n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	return r.read(n, func(have int, data []byte) (int, bool) {
		return min(len(data), n-have), have+len(data) >= n
	})
}

// read takes bytes until cut says that they are enough, and hides what is secret.
func (r *Reader) read(max int, cut func(have int, data []byte) (n int, done bool)) ([]byte, error) {
	at := r.span.Size
	whole, err := r.gather(max, cut)
	return r.conceal(whole, at, err), err
}

func (r *Reader) gather(max int, cut func(have int, data []byte) (n int, done bool)) ([]byte, error) {
	var whole []byte
	for {
		if len(r.queue) == 0 && !r.more() {
			if len(whole) == 0 {
				return nil, io.EOF
			}
			return whole, io.ErrUnexpectedEOF
		}
		c := &r.queue[0]
		if c.missing > 0 {
			r.lose(c.missing)
			r.next()
			return whole, ErrGap
		}
		n, done := cut(len(whole), c.data)
		long := len(whole)+n > max
		if long {
			n = max - len(whole)
		}
		part := c.data[:n:n]
		if whole == nil {
			whole = part
		} else {
			whole = append(whole, part...)
		}
		r.tellSecrets(whole, n)
		r.take(n)
		if long {
			return whole, ErrTooLong
		}
		if done {
			return whole, nil
		}
	}
}

// Skip reads n bytes that the dissector does not look at, such as a body. It
// returns how many there were; missed ones count.
func (r *Reader) Skip(n int64) (int64, error) {
	r.expect(n)
	left := n
	for left > 0 {
		if len(r.queue) == 0 {
			r.skipping = left
			ok := r.more()
			left, r.skipping = r.skipping, 0
			if !ok {
				return n - left, io.ErrUnexpectedEOF
			}
			continue
		}
		left -= r.pass(left)
	}
	return n, nil
}

// SkipRest reads to the end.
func (r *Reader) SkipRest() int64 {
	n, _ := r.Skip(math.MaxInt64)
	return n
}

// pass takes at most max bytes of the first chunk, or its gap.
func (r *Reader) pass(max int64) int64 {
	c := &r.queue[0]
	if c.missing > max {
		c.missing -= max
		r.lose(max)
		return max
	}
	if c.missing > 0 {
		n := c.missing
		r.lose(n)
		r.next()
		return n
	}
	n := min(max, int64(len(c.data)))
	r.take(int(n))
	return n
}

// Burst reads what the sender gave to TCP at once: up to a segment with the
// PSH flag, up to the other side's answer, or max bytes.
func (r *Reader) Burst(max int) error {
	for {
		if len(r.queue) == 0 {
			r.bursting = true
			ok := r.more()
			r.bursting = false
			if !ok && r.span.Size == 0 {
				return io.EOF
			}
			if !ok || len(r.queue) == 0 {
				return nil
			}
		}
		c := &r.queue[0]
		if c.missing > 0 {
			r.pass(math.MaxInt64)
			return nil
		}
		n, push := min(len(c.data), max-r.span.Size), c.push
		whole := n == len(c.data)
		r.take(n)
		if whole && push || r.span.Size >= max {
			return nil
		}
	}
}

// Peek returns the next n bytes without reading them, fewer at the end or
// before a gap.
func (r *Reader) Peek(n int) []byte {
	r.scratch = r.scratch[:0]
	for i := 0; ; i++ {
		if i == len(r.queue) && !r.more() {
			return r.scratch
		}
		c := &r.queue[i]
		if c.missing > 0 {
			return r.scratch
		}
		r.scratch = append(r.scratch, c.data[:min(len(c.data), n-len(r.scratch))]...)
		if len(r.scratch) == n {
			return r.scratch
		}
	}
}

// Until reads what comes before mark, and reports whether mark is next; if not,
// it has read to the end or to a gap.
func (r *Reader) Until(mark string) bool {
	for {
		if len(r.queue) == 0 && !r.more() || r.Missed() {
			return false
		}
		data := r.queue[0].data
		i := bytes.IndexByte(data, mark[0])
		if i < 0 {
			r.takeRest(len(data))
			continue
		}
		if i > 0 {
			r.takeRest(i)
		}
		if string(r.Peek(len(mark))) == mark {
			return true
		}
		r.take(1)
	}
}

// Missed reports whether bytes are missing where the next ones should be.
func (r *Reader) Missed() bool { return len(r.queue) > 0 && r.queue[0].missing > 0 }

// Forget lets what was read since the last message be part of none.
func (r *Reader) Forget() { r.begin() }

// Discard forgets what was read since the last message, and what follows up to
// where the sender paused: after a gap, a message most likely starts there. It
// reports whether there is more to come.
func (r *Reader) Discard() bool {
	r.begin()
	err := r.Burst(math.MaxInt)
	r.begin()
	return err == nil
}

// Emit makes a message of what was read since the last.
func (r *Reader) Emit(p Part) Ref {
	ref := r.emit(p, r.span)
	r.begin()
	return ref
}

// more waits until something was added to the queue, or the end.
func (r *Reader) more() bool {
	had := len(r.queue)
	if r.ended {
		return false
	}
	if !r.pause() {
		r.ended = true
	}
	return len(r.queue) > had || !r.ended
}

func (r *Reader) next() {
	r.queue = slices.Delete(r.queue, 0, 1)
}
