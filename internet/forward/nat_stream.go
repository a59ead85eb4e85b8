package forward

import "bytes"

// stream is one direction of a TCP connection in which a NAT has replaced lines
// by shorter or longer ones. From there on sequence numbers differ: what the
// sender calls byte 1000 is byte 1003 for the receiver. The stream translates
// numbers, and repeats the replacement when a segment is sent again.
//
// It replaces lines that arrive whole in one segment and begin where a line
// begins. A line in two segments passes as it is: its first half has left before
// its end is known.
type stream struct {
	begun, following bool
	first            uint32 // the number of the first byte

	next      uint32 // of the byte that is to come
	lineStart bool   // a line begins there

	shift uint32 // by how much the numbers differ before the first of edits
	edits []edit // the latest, in their order
}

// edit is a replacement: was bytes of the sender's, from number at on.
type edit struct {
	at  uint32
	was int
	is  []byte
}

// maxEdits is how many edits are kept, for segments that are sent again. A line
// of FTP waits for its answer, so one would do nearly always.
const maxEdits = 8

func (e edit) end() uint32   { return e.at + uint32(e.was) }
func (e edit) grown() uint32 { return uint32(len(e.is) - e.was) }

// before tells whether a number comes before another; they wrap round (RFC 9293 §3.4).
func before(a, b uint32) bool { return int32(a-b) < 0 }

// begin is told where the stream begins. Told it again, it does nothing.
func (s *stream) begin(first uint32) {
	if !s.begun || s.first != first {
		*s = stream{begun: true, following: true, first: first, next: first, lineStart: true}
	}
}

// read offers each line that begins and ends in these bytes, and has not been
// seen before, to replace, which returns another line or nil.
func (s *stream) read(seq uint32, b []byte, replace func(line []byte) []byte) {
	end := seq + uint32(len(b))
	if !s.following || before(s.next, seq) { // something is missing: go on from here
		s.following, s.next, s.lineStart = true, end, bytes.HasSuffix(b, []byte("\n"))
		return
	}
	if !before(s.next, end) {
		return // all of it was here before
	}
	b = b[s.next-seq:]
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		if n == 0 {
			s.next, s.lineStart = end, false
			return
		}
		if s.lineStart {
			if is := replace(b[:n]); is != nil {
				s.edit(edit{s.next, n, is})
			}
		}
		s.next, s.lineStart, b = s.next+uint32(n), true, b[n:]
	}
}

func (s *stream) edit(e edit) {
	if len(s.edits) == maxEdits {
		s.shift += s.edits[0].grown()
		s.edits = append(s.edits[:0], s.edits[1:]...)
	}
	s.edits = append(s.edits, e)
}

// replaced is what these bytes of the sender's have become, or nil when nothing
// in them was replaced. A replacement goes, whole, to where its first byte is.
func (s *stream) replaced(seq uint32, b []byte) []byte {
	var out []byte
	end, from := seq+uint32(len(b)), seq
	for _, e := range s.edits {
		switch {
		case !before(e.at, end), !before(seq, e.end()):
			continue
		case !before(e.at, from):
			out = append(append(out, b[from-seq:e.at-seq]...), e.is...)
		case from != seq:
			continue // it overlaps another: the sender says two things at once
		default: // the segment begins in the middle of what was replaced
			out = []byte{}
		}
		from = e.end()
	}
	if out != nil && before(from, end) {
		out = append(out, b[from-seq:]...)
	}
	return out
}

// sent is a sequence number of the sender's as the receiver knows it.
func (s *stream) sent(seq uint32) uint32 {
	shift := s.shift
	for _, e := range s.edits {
		switch {
		case !before(e.at, seq):
			return seq + shift
		case before(seq, e.end()):
			return e.at + shift + uint32(len(e.is))
		}
		shift += e.grown()
	}
	return seq + shift
}

// heard is a number that the receiver acknowledges, as the sender knows it. In
// the middle of a replacement it is its beginning, or, rounded up, its end.
func (s *stream) heard(ack uint32, up bool) uint32 {
	shift := s.shift
	for _, e := range s.edits {
		at := e.at + shift
		switch {
		case !before(at, ack):
			return ack - shift
		case before(ack, at+uint32(len(e.is))) && up:
			return e.end()
		case before(ack, at+uint32(len(e.is))):
			return e.at
		}
		shift += e.grown()
	}
	return ack - shift
}
