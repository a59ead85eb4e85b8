package http

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

const maxChunks = 1024 // how many chunks' places a message remembers

// chooseFraming finds out where the body ends (RFC 9112 §6.3). asked is the
// method of the request that a response answers.
func (m *Message) chooseFraming(asked string) {
	_, hasLength := m.Get("Content-Length")
	_, hasEncoding := m.Get("Transfer-Encoding")
	switch {
	case !m.Request && (asked == "HEAD" || m.Status/100 == 1 || m.Status == 204 || m.Status == 304),
		!m.Request && asked == "CONNECT" && m.Status/100 == 2:
		m.Framing = NoBody
	case hasEncoding && m.lists("Transfer-Encoding", "chunked"):
		m.Framing = ByChunks
	case hasEncoding && !m.Request:
		m.Framing = UntilClose
	case hasLength && m.length() >= 0:
		m.Framing = ByLength
	case !m.Request:
		m.Framing = UntilClose
	}
}

// length is what Content-Length says, or -1. A list of equal numbers counts as
// one (RFC 9110 §8.6).
func (m *Message) length() int64 {
	length := int64(-1)
	for _, value := range m.All("Content-Length") {
		for one := range strings.SplitSeq(value, ",") {
			one = strings.TrimSpace(one)
			n, err := strconv.ParseInt(one, 10, 64)
			if err != nil || n < 0 || one[0] == '+' || length >= 0 && n != length {
				return -1
			}
			length = n
		}
	}
	return length
}

// readBody reads the body, and says what is wrong with its end.
func (m *Message) readBody(r *dissect.Reader) []dissect.Finding {
	var found []dissect.Finding
	switch m.Framing {
	case NoBody:
		m.Complete = true
		return nil
	case ByLength:
		want := m.length()
		n, err := r.Skip(want)
		m.BodySize, m.Complete = n, err == nil
		if err != nil {
			f := finding("body.short", "8", place{m.BodyOffset, int(n)}, dissect.Wrong)
			f.Args = map[string]any{"Want": want, "Have": n}
			found = append(found, f)
		}
	case UntilClose:
		m.BodySize = r.SkipRest()
		m.Complete = !r.Reset()
		if r.Reset() {
			found = append(found, finding("body.reset", "8", place{r.Offset(), 0}, dissect.Wrong))
		}
	case ByChunks:
		found = m.readChunks(r)
	}
	return found
}

// readChunks reads a chunked body and its trailer section (RFC 9112 §7.1).
func (m *Message) readChunks(r *dissect.Reader) []dissect.Finding {
	for {
		at := r.Offset()
		line, err := r.Line(maxLine)
		size, ok := chunkSize(line)
		if err != nil || !ok {
			return m.badChunk(r, at, err)
		}
		c := chunk{line: place{at, len(line)}, data: place{r.Offset(), int(size)}}
		if len(m.chunks) < maxChunks {
			m.chunks = append(m.chunks, c)
		}
		if size == 0 {
			return m.readTrailer(r)
		}
		n, err := r.Skip(size)
		m.BodySize += n
		if err != nil {
			return m.badChunk(r, at, err)
		}
		at = r.Offset()
		if end, err := r.Line(2); err != nil || len(bytes.TrimRight(end, "\r\n")) > 0 {
			return m.badChunk(r, at, err)
		}
	}
}

// chunkSize is the number that begins a chunk's line; an extension may follow.
func chunkSize(line []byte) (int64, bool) {
	digits, _, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), ";")
	digits = strings.TrimSpace(digits)
	n, err := strconv.ParseInt(digits, 16, 64)
	return n, err == nil && n >= 0 && digits[0] != '+' && n < 1<<48
}

// badChunk gives up on a chunked body; what follows belongs to no message that
// could be found.
func (m *Message) badChunk(r *dissect.Reader, at int, err error) []dissect.Finding {
	if err == dissect.ErrGap {
		r.SkipRest()
		return nil
	}
	name, section := "chunk.malformed", "7.1"
	if err != nil && err != dissect.ErrTooLong {
		name, section = "body.cut", "8"
	} else {
		r.SkipRest()
	}
	return []dissect.Finding{finding(name, section, place{at, max(r.Offset()-at, 0)}, dissect.Wrong)}
}

func (m *Message) readTrailer(r *dissect.Reader) []dissect.Finding {
	h := &head{r: r, m: m}
	empty := m.empty
	at := m.BodyOffset
	err := h.headers(&m.Trailer)
	m.empty, m.BodyOffset = empty, at
	m.Complete = err == nil
	if err != nil && err != dissect.ErrGap {
		h.find("body.cut", "8", place{r.Offset(), 0}, dissect.Wrong)
	}
	return h.found
}
