package dissect

import (
	"slices"

	"github.com/wirebook/wirebook/frame"
)

// Range is some of the bytes that were read.
type Range struct{ Offset, Length int }

// To is the range up to and without byte number end.
func To(offset, end int) Range { return Range{offset, max(end-offset, 0)} }

// secrets is what a Reader hides.
type secrets struct {
	shown    bool                     // nothing is hidden
	find     func(start []byte) Range // what is secret in what is being read
	tell     func(carrier *frame.Frame, from, to int64)
	position int64 // of the next byte in the stream
	overlong bool  // a line was longer than what is read of it, and secret at its end
}

// Hide has find say, from now on, what nobody should see of that which Line and
// Bytes read: a password. Asterisks stand for it in what they return, and in the
// message's bytes, so that not even the dissector knows it. An observer that was
// asked to show secrets hides nothing.
//
// find is called as bytes come, with what there is so far of the line: a password
// may be typed byte by byte, and each of them is seen on the network before the
// line is complete. So what find says of a byte must not change as more of them
// follow.
func (r *Reader) Hide(find func(start []byte) Range) {
	if !r.secrets.shown {
		r.secrets.find = find
	}
}

// tellSecrets tells which of the last n bytes of whole are secret. They are those
// that the next take will take.
func (r *Reader) tellSecrets(whole []byte, n int) {
	if r.secrets.find == nil {
		return
	}
	secret := r.secrets.find(whole)
	start := len(whole) - n
	from, to := max(secret.Offset, start), min(secret.Offset+secret.Length, len(whole))
	r.tellSecret(from-start, to-start)
}

// tellSecret tells that bytes of the first chunk are secret.
func (r *Reader) tellSecret(from, to int) {
	if from >= to || r.secrets.tell == nil {
		return
	}
	at := r.secrets.position
	r.secrets.tell(&r.queue[0].frame, at+int64(from), at+int64(to))
}

// conceal returns what was read, from byte number at of the message on, without
// its secrets, and hides them in the message.
func (r *Reader) conceal(read []byte, at int, err error) []byte {
	r.secrets.overlong = false
	if r.secrets.find == nil {
		return read
	}
	secret := r.secrets.find(read)
	end := min(secret.Offset+secret.Length, len(read))
	if secret.Offset >= end {
		return read
	}
	r.secrets.overlong = err == ErrTooLong && end == len(read)
	hidden := slices.Clone(read)
	hide(hidden[secret.Offset:end])
	r.hideInMessage(at+secret.Offset, at+end)
	return hidden
}

// takeRest takes n bytes that a line was too long for: when its end was secret,
// so are they.
func (r *Reader) takeRest(n int) {
	at := r.span.Size
	if r.secrets.overlong {
		r.tellSecret(0, n)
	}
	r.take(n)
	if r.secrets.overlong {
		r.hideInMessage(at, at+n)
	}
}

func (r *Reader) hideInMessage(from, to int) {
	s := &r.span
	from, to = min(from, len(s.Bytes)), min(to, len(s.Bytes))
	if from == to {
		return
	}
	if !r.own { // it is part of a frame, which nobody may change
		r.own, r.source = true, nil
		s.Bytes = slices.Clone(s.Bytes)
	}
	hide(s.Bytes[from:to])
}

// hide puts asterisks.
func hide(b []byte) {
	for i := range b {
		b[i] = '*'
	}
}
