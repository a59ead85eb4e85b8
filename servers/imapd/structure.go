package imapd

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// part is where a part of a message is, in octets from the message's beginning:
// its header from start to body, its body to end (RFC 2046). The message itself
// is one, too.
type part struct {
	header    header
	mediaType string
	params    map[string]string

	start, body, end int64
	lines            int64 // in the body

	children []*part // of a multipart; of a message/rfc822 the message in it
}

func (p *part) isMultipart() bool { return strings.HasPrefix(p.mediaType, "multipart/") }
func (p *part) isMessage() bool {
	return p.mediaType == "message/rfc822" || p.mediaType == "message/global"
}

// The limits of what is taken apart. A message beyond them is still handed out
// whole; what is beyond has no structure.
const (
	maxDepth  = 30
	maxParts  = 2000
	maxHeader = 1 << 20 // octets of all the headers that are kept
)

// structure reads a message and finds its parts.
func structure(message io.Reader) (*part, error) {
	r := newPartReader(message)
	root, _ := r.part("text/plain", 0)
	return root, r.err
}

// justHeader reads a message's header, and not what follows it.
func justHeader(message io.Reader) (*part, error) {
	r := newPartReader(message)
	p := &part{}
	r.header(p)
	return p, r.err
}

// partReader goes through a message line by line.
type partReader struct {
	in   *bufio.Reader
	at   int64 // octets that were read
	seen int64 // line ends that were read
	err  error // of reading; nil at the message's end

	boundaries [][]byte // of the multiparts that are open, with "--" before each
	parts      int
	kept       int // octets of headers
}

func newPartReader(r io.Reader) *partReader {
	return &partReader{in: bufio.NewReaderSize(r, 16<<10)}
}

// ending is what ended a part: a boundary, or the message's end.
type ending struct {
	level  int   // of the multipart whose boundary it is; -1: the message has ended
	closes bool  // it is the multipart's last
	before int64 // where the part ended: the line end before a boundary is the boundary's
	lines  int64
}

// next returns a line with its end; of one that is very long its beginning, and
// then more of it. It returns nothing at the message's end.
func (r *partReader) next() []byte {
	line, err := r.in.ReadSlice('\n')
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		r.err = err
	}
	r.at += int64(len(line))
	if bytes.HasSuffix(line, []byte("\n")) {
		r.seen++
	}
	return line
}

// boundary says whether a line, which began at an offset, is a boundary of a
// multipart that is open (RFC 2046 §5.1.1). Inner ones are looked at first.
func (r *partReader) boundary(line []byte, began, linesBefore int64) (ending, bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return ending{}, false
	}
	line = bytes.TrimRight(line, " \t\r\n")
	for level := len(r.boundaries) - 1; level >= 0; level-- {
		rest, ok := bytes.CutPrefix(line, r.boundaries[level])
		if closes := string(rest) == "--"; ok && (closes || len(rest) == 0) {
			return ending{level, closes, began - 2, linesBefore - 1}, true
		}
	}
	return ending{}, false
}

// skip passes over lines until something ends.
func (r *partReader) skip() ending {
	newLine := true
	for {
		began, linesBefore := r.at, r.seen
		line := r.next()
		if len(line) == 0 {
			return ending{-1, true, r.at, r.seen}
		}
		if newLine {
			if e, ok := r.boundary(line, began, linesBefore); ok {
				return e
			}
		}
		newLine = line[len(line)-1] == '\n'
	}
}

// header reads a part's header, up to the empty line. It reports whether there was
// an ending first, as in a part that has nothing but a header.
func (r *partReader) header(p *part) (ending, bool) {
	p.start = r.at
	newLine, keep := true, true
	for {
		began, linesBefore := r.at, r.seen
		line := r.next()
		if len(line) == 0 {
			p.body = r.at
			return ending{-1, true, r.at, r.seen}, true
		}
		if newLine {
			if e, ok := r.boundary(line, began, linesBefore); ok {
				p.body = began
				e.before, e.lines = began, linesBefore
				return e, true
			}
			if len(bytes.TrimRight(line, "\r\n")) == 0 {
				p.body = r.at
				return ending{}, false
			}
			keep = r.kept+len(line) <= maxHeader
		}
		if keep && newLine {
			r.kept += len(line)
			p.header.add(line)
		} else if keep = keep && r.kept+len(line) <= maxHeader; keep {
			r.kept += len(line)
			p.header.append(line)
		}
		newLine = line[len(line)-1] == '\n'
	}
}

// append takes more of the line that add has had the beginning of.
func (h *header) append(more []byte) {
	if n := len(h.fields); n > 0 {
		h.fields[n-1].raw = append(h.fields[n-1].raw, more...)
	}
}

// part reads a part to its end. Without a Content-Type it has the type that its
// multipart gives it.
func (r *partReader) part(otherwise string, depth int) (*part, ending) {
	p := &part{}
	r.parts++
	e, over := r.header(p)
	p.mediaType, p.params = p.header.contentType(otherwise)
	linesBefore := r.seen
	switch {
	case over:
		linesBefore = e.lines
	case depth >= maxDepth || r.parts >= maxParts:
		e = r.skip()
	case p.isMultipart() && p.params["boundary"] != "":
		e = r.multipart(p, depth)
	case p.isMessage() && isPlain(p.header.encoding()):
		var inner *part
		inner, e = r.part("text/plain", depth+1)
		p.children = []*part{inner}
	default:
		e = r.skip()
	}
	p.end = max(p.body, e.before)
	if n := len(p.children); n > 0 { // one without a body has no line end to give away
		p.end = max(p.end, p.children[n-1].end)
	}
	p.lines = max(0, e.lines-linesBefore)
	return p, e
}

// isPlain says whether a transfer encoding leaves the octets as they are.
func isPlain(encoding string) bool {
	return encoding == "7bit" || encoding == "8bit" || encoding == "binary"
}

// multipart reads the parts between a multipart's boundaries. What is before the
// first and behind the last belongs to none.
func (r *partReader) multipart(p *part, depth int) ending {
	level := len(r.boundaries)
	r.boundaries = append(r.boundaries, []byte("--"+p.params["boundary"]))
	otherwise := "text/plain"
	if p.mediaType == "multipart/digest" {
		otherwise = "message/rfc822" // RFC 2046 §5.1.5
	}
	e := r.skip()
	for e.level == level && !e.closes {
		if r.parts >= maxParts {
			e = r.skip()
			continue
		}
		var child *part
		child, e = r.part(otherwise, depth+1)
		p.children = append(p.children, child)
	}
	r.boundaries = r.boundaries[:level]
	if e.level == level {
		e = r.skip()
	}
	return e
}
