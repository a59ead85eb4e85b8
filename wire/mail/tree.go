package mail

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Fields is the message's tree: its header lines, and the body with its parts,
// decoded.
func (m *Message) Fields(wire []byte) []dissect.Field {
	text, dots := m.text(wire)
	t := &tree{start: m.start, text: text, dots: dots, left: maxParts}
	fields := t.entity(0, len(text), 0)
	if end := m.start + m.Size; m.stuffed && len(wire) > end {
		fields = append(fields, dissect.Field{Name: "End", Key: "mail.end", Value: dissect.Text(Trim(wire[end:]), maxShown), Offset: end, Length: len(wire) - end})
	}
	return fields
}

// tree makes the fields of a text. Its dots on the wire are in dots, by what they
// precede.
type tree struct {
	start int
	text  []byte
	dots  []int
	left  int // so many parts may still come
}

// Limits on what a message may make us do.
const (
	maxParts = 100
	maxDepth = 10
	maxLines = 60      // of a decoded text that are shown
	maxBody  = 1 << 20 // bytes of a part that are decoded
)

// place is where bytes of the text are on the wire.
func (t *tree) place(at, length int) (offset, size int) {
	from, to := t.wire(at), t.wire(at+length)
	return from, to - from
}

// wire is the position on the wire: a dot belongs to the line that it precedes.
func (t *tree) wire(at int) int { return t.start + at + sort.SearchInts(t.dots, at) }

func (t *tree) field(name, key, value string, at, length int) dissect.Field {
	offset, size := t.place(at, length)
	return dissect.Field{Name: name, Key: key, Value: value, Offset: offset, Length: size}
}

// entity is a message or a part: header lines, an empty line, and a body (RFC
// 2045 §2.4).
func (t *tree) entity(from, to, depth int) []dissect.Field {
	h := readHeader(t.text[from:to], true)
	fields := h.fields(func(at, length int) (int, int) { return t.place(from+at, length) })
	if body := from + h.body; body < to {
		fields = append(fields, t.body(h, body, to, depth))
	}
	return fields
}

// body is what a header's Content-Type says that it is.
func (t *tree) body(h *header, from, to, depth int) dissect.Field {
	kind, params := h.contentType()
	encoding := h.get("Content-Transfer-Encoding")
	value := kind
	if encoding != "" {
		value += ", " + dissect.Text([]byte(encoding), 40)
	}
	f := t.field("Body", "mail.body", fmt.Sprintf("%s, %d bytes", value, to-from), from, to-from)
	switch {
	case depth >= maxDepth:
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "":
		f.Children = t.parts(params["boundary"], from, to, depth+1)
	case kind == "message/rfc822":
		f.Children = t.entity(from, to, depth+1)
	default:
		f.Children = []dissect.Field{t.decoded(kind, params["charset"], encoding, from, to)}
	}
	return f
}

// parts are what lies between the lines that begin with the boundary (RFC 2046
// §5.1.1).
func (t *tree) parts(boundary string, from, to, depth int) []dissect.Field {
	var fields []dissect.Field
	number, begun := 0, -1
	part := func(end int) {
		if begun < 0 || t.left == 0 {
			return
		}
		t.left--
		number++
		content := len(Trim(t.text[begun:max(begun, end)])) // the line end before a boundary belongs to that
		f := t.field("Part", "mail.part", fmt.Sprint(number), begun, content)
		f.Children = t.entity(begun, begun+content, depth)
		fields = append(fields, f)
	}
	for at := from; at < to; {
		n := bytes.IndexByte(t.text[at:to], '\n') + 1
		if n == 0 {
			n = to - at
		}
		rest, ok := bytes.CutPrefix(t.text[at:at+n], []byte("--"+boundary))
		switch rest := strings.TrimRight(string(rest), " \t\r\n"); {
		case ok && (rest == "" || rest == "--"):
			part(at)
			fields = append(fields, t.field("Boundary", "mail.boundary", "--"+dissect.Text([]byte(boundary), 80)+rest, at, n))
			begun = at + n
			if rest == "--" {
				return fields
			}
		}
		at += n
	}
	part(to) // the last boundary is missing
	return fields
}

// decoded is a body as its reader will see it: text line by line, other bytes as
// far as they fit on one.
func (t *tree) decoded(kind, charset, encoding string, from, to int) dissect.Field {
	text, ok := decoded(t.text[from:min(to, from+maxBody)], encoding)
	value := fmt.Sprintf("%d bytes", len(text))
	if !ok {
		value += ", not all of which could be decoded"
	}
	f := t.field("Decoded", "mail.decoded", value, from, to-from)
	readable := unicoded(text, charset)
	if !strings.HasPrefix(kind, "text/") && !(utf8.Valid(text) && !bytes.ContainsRune(text, 0)) {
		f.Children = []dissect.Field{t.field("Bytes", "mail.decoded", dissect.Text(text, maxShown), from, to-from)}
		return f
	}
	for line := range strings.Lines(readable) {
		if len(f.Children) == maxLines {
			f.Children = append(f.Children, t.field("Line", "mail.decoded", "…", from, to-from))
			break
		}
		f.Children = append(f.Children, t.field("Line", "mail.decoded", dissect.Text(Trim([]byte(line)), maxShown), from, to-from))
	}
	return f
}
