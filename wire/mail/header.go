package mail

import (
	"bytes"
	"mime"
	"net/textproto"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// header is the header lines of a message or of a part, and where the body
// begins.
type header struct {
	lines       []headerLine
	empty       int  // where the empty line is, or -1
	body        int  // where the body begins
	whole       bool // the header ends here, and not only what is known of it
	unseparated bool // by the body, instead of an empty line
}

// headerLine is one header field, with the lines that continue it (RFC 5322
// §2.2.3).
type headerLine struct {
	name       string
	value      string // in one line
	raw        string
	malformed  bool
	at, length int
}

const maxHeaderLines = 1000

// readHeader reads the header with which b begins. whole says that b is all of
// the message.
func readHeader(b []byte, whole bool) *header {
	h := &header{empty: -1}
	at := 0
	for at < len(b) && len(h.lines) < maxHeaderLines {
		n := bytes.IndexByte(b[at:], '\n') + 1
		if n == 0 {
			n = len(b) - at
			if !whole {
				break // who knows how it goes on
			}
		}
		line := b[at : at+n]
		text := Trim(line)
		if len(text) == 0 {
			h.empty, h.body, h.whole = at, at+n, true
			return h
		}
		if !h.line(text, at, n) {
			h.body, h.whole, h.unseparated = at, true, true
			return h
		}
		at += n
	}
	h.body, h.whole = at, whole
	return h
}

// line takes one line; it reports false when it is none of a header.
func (h *header) line(text []byte, at, length int) bool {
	if (text[0] == ' ' || text[0] == '\t') && len(h.lines) > 0 {
		last := &h.lines[len(h.lines)-1]
		last.raw += "\n" + string(text)
		last.value = strings.TrimSpace(last.value + " " + string(bytes.TrimSpace(text)))
		last.length = at + length - last.at
		return true
	}
	name, value, ok := bytes.Cut(text, []byte(":"))
	trimmed := bytes.TrimRight(name, " \t")
	if !ok || len(trimmed) == 0 || !printable(trimmed) {
		return false
	}
	h.lines = append(h.lines, headerLine{
		name: string(trimmed), value: string(bytes.TrimSpace(value)), raw: string(text), malformed: len(trimmed) != len(name), at: at, length: length,
	})
	return true
}

// printable reports whether b may be a field's name (RFC 5322 §3.6.8).
func printable(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c <= ' ' || c >= 0x7f })
}

// get is the value of the first header line of that name.
func (h *header) get(name string) string {
	for i := range h.lines {
		if strings.EqualFold(h.lines[i].name, name) {
			return h.lines[i].value
		}
	}
	return ""
}

// contentType is what the body is. Text in ASCII, if nothing says so (RFC 2045
// §5.2).
func (h *header) contentType() (kind string, params map[string]string) {
	kind, params, err := mime.ParseMediaType(h.get("Content-Type"))
	if kind == "" || err != nil && !strings.Contains(kind, "/") {
		return "text/plain", nil
	}
	return kind, params
}

// known are the header lines that have an entry of their own.
var known = []string{
	"Bcc", "Cc", "Content-Disposition", "Content-Transfer-Encoding", "Content-Type", "Date", "DKIM-Signature", "From", "In-Reply-To",
	"Message-ID", "MIME-Version", "Received", "References", "Reply-To", "Return-Path", "Sender", "Subject", "To",
}

// canonical is a name as RFC 5322 writes it.
func canonical(name string) string {
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return k
		}
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

func headerKey(name string) string {
	if name = canonical(name); slices.Contains(known, name) {
		return "mail.header." + name
	}
	return "mail.header"
}

// fields are the header lines as a tree; place says where they are on the wire.
func (h *header) fields(place func(at, length int) (int, int)) []dissect.Field {
	var tree []dissect.Field
	for _, l := range h.lines {
		at, length := place(l.at, l.length)
		tree = append(tree, dissect.Field{
			Name: dissect.Text([]byte(l.name), 80), Key: headerKey(l.name), Value: dissect.Text([]byte(words(l.value)), maxShown), Offset: at, Length: length,
		})
	}
	if h.empty >= 0 {
		at, length := place(h.empty, h.body-h.empty)
		tree = append(tree, dissect.Field{Name: "Empty line", Key: "mail.empty-line", Offset: at, Length: length})
	}
	return tree
}

const maxShown = 200
