package webserver

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/chunks"
)

// response is what came, as far as it could be read.
type response struct {
	raw    []byte
	status string // "200"
	header []byte // the header lines
	body   []byte // without the sizes of chunks
	start  int    // of the body in raw
	end    check.End
}

// gluedOn is a header line that begins on the status line.
var gluedOn = regexp.MustCompile(`(?i)(content-(type|length)|connection|server|date) *:`)

var statusLine = regexp.MustCompile(`^HTTP/\d\.\d (\d\d\d)( [^\r\n]*)?\r\n`)

// get asks for a path on a connection of its own, and judges the form of the
// response: whatever it says, it must be HTTP.
func get(t *check.T, p *check.Program, path string) response {
	c := t.Dial(p)
	defer c.Close()
	c.SendText(request(path))
	return receive(t, c)
}

func request(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: student\r\nUser-Agent: wirebook-lab\r\nAccept: */*\r\nConnection: close\r\n\r\n"
}

// receive reads a response to its end: that of the connection, or what
// Content-Length says.
func receive(t *check.T, c *check.Conn) response {
	raw, end := c.Receive(whole)
	r := response{raw: raw, end: end}
	if len(raw) == 0 {
		t.Await(end, check.Mistake{Name: "no-response", Conn: c, Expected: "HTTP/1.1 200 OK\r\n", RFC: "RFC 9112 §4", Book: "§2.2.3"})
	}
	r.judgeStatusLine(t, c)
	r.judgeHeader(t, c)
	if r.isChunked() {
		r.unchunk(t, c)
	}
	if end == check.Idle || end == check.Late {
		t.Await(end, check.Mistake{Name: "never-closes", Conn: c, Offset: len(raw), RFC: "RFC 9112 §6.3", Book: "§2.2.2"})
	}
	if r.has("Content-Length") && len(r.body) < r.length() {
		t.Await(end, check.Mistake{
			Name: "length-too-large", Conn: c, Offset: r.start, Args: map[string]any{"Said": r.length(), "Sent": len(r.body)},
			RFC: "RFC 9112 §6.3", Book: "§2.2.3",
		})
	}
	return r
}

// whole reports whether a response is there, without the end of its connection.
func whole(raw []byte) bool {
	at := bytes.Index(raw, []byte("\r\n\r\n"))
	if at < 0 {
		return false
	}
	r := response{header: raw[:at+4], body: raw[at+4:]}
	if r.isChunked() {
		_, _, ended := chunks.Decode(r.body)
		return ended
	}
	return r.has("Content-Length") && len(r.body) >= r.length()
}

func (r *response) judgeStatusLine(t *check.T, c *check.Conn) {
	line, _, _ := bytes.Cut(r.raw, []byte("\n"))
	wrong := check.Mistake{
		Name: "status-line", Conn: c, Length: len(line),
		Expected: "HTTP/1.1 200 OK\r\n", Actual: firstLine(r.raw[:min(len(r.raw), 80)]), RFC: "RFC 9112 §4", Book: "§2.2.3",
	}
	if bytes.Contains(line, []byte("404")) {
		wrong.Expected = "HTTP/1.1 404 Not Found\r\n"
	}
	m := statusLine.FindSubmatchIndex(r.raw)
	if m != nil {
		r.status = string(r.raw[m[2]:m[3]])
		glued := gluedOn.FindIndex(line)
		if glued == nil {
			return
		}
		wrong.Name, wrong.Offset, wrong.Length = "no-line-end", glued[0], 1
		wrong.Expected = string(line[:glued[0]]) + "\r\n" + string(line[glued[0]:]) + "\n"
		t.Wrong(wrong)
	}
	switch {
	case bytes.HasPrefix(bytes.TrimLeft(r.raw, " \t\r\n"), []byte("HTTP/")) && !bytes.HasPrefix(r.raw, []byte("HTTP/")):
		wrong.Name, wrong.Length = "leading-space", 1
	case bytes.HasPrefix(r.raw, []byte("HTTP/")) && !bytes.HasSuffix(line, []byte("\r")) && len(line) < len(r.raw):
		wrong.Name, wrong.Offset, wrong.Length = "bare-lf", len(line), 1
		wrong.Expected = string(line) + "\r\n"
	case bytes.HasPrefix(r.raw, []byte("HTTP/")) && len(line) == len(r.raw):
		wrong.Name = "no-line-end"
	case !bytes.HasPrefix(r.raw, []byte("HTTP/")):
		wrong.Name = "no-status-line"
	}
	t.Wrong(wrong)
}

func (r *response) judgeHeader(t *check.T, c *check.Conn) {
	first := bytes.IndexByte(r.raw, '\n') + 1
	at := bytes.Index(r.raw, []byte("\r\n\r\n"))
	if at < 0 {
		wrong := check.Mistake{
			Name: "no-blank-line", Conn: c, Offset: first, Expected: "\r\n\r\n", RFC: "RFC 9112 §2.1", Book: "§2.2.3",
		}
		if lf := bytes.Index(r.raw, []byte("\n\n")); lf >= 0 {
			wrong.Name, wrong.Offset = "bare-lf", lf
		} else if lf := bareLF(r.raw[first:]); lf >= 0 && bytes.Contains(r.raw[first:first+lf], []byte(":")) {
			wrong.Name, wrong.Offset = "bare-lf", first+lf
		}
		t.Wrong(wrong)
	}
	r.start = at + 4
	r.header, r.body = r.raw[first:r.start], r.raw[r.start:]
	for line := range bytes.Lines(r.header) {
		name, _, ok := bytes.Cut(line, []byte(":"))
		place := r.start - len(r.header) + bytes.Index(r.header, line)
		switch {
		case len(line) == 2: // the blank line
		case !bytes.HasSuffix(line, []byte("\r\n")):
			t.Wrong(check.Mistake{Name: "bare-lf", Conn: c, Offset: place + len(line) - 1, RFC: "RFC 9112 §2.2", Book: "§2.2.3"})
		case !ok || len(bytes.TrimSpace(name)) == 0 || bytes.ContainsAny(name, " \t"):
			t.Wrong(check.Mistake{
				Name: "header-line", Conn: c, Offset: place, Length: len(line), Expected: "Content-Type: text/html\r\n",
				Actual: string(line), RFC: "RFC 9112 §5", Book: "§2.2.3",
			})
		}
	}
}

func bareLF(data []byte) int {
	for i, b := range data {
		if b == '\n' && (i == 0 || data[i-1] != '\r') {
			return i
		}
	}
	return -1
}

// field is the value of a header line, or "".
func (r *response) field(name string) string {
	for line := range strings.Lines(string(r.header)) {
		n, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (r *response) has(name string) bool { return r.field(name) != "" }

func (r *response) length() int {
	n, err := strconv.Atoi(r.field("Content-Length"))
	if err != nil {
		return 0
	}
	return n
}

// isChunked is whether the body comes in chunks.
func (r *response) isChunked() bool {
	return strings.EqualFold(r.field("Transfer-Encoding"), "chunked")
}

// unchunk puts the chunks together.
func (r *response) unchunk(t *check.T, c *check.Conn) {
	body, at, ended := chunks.Decode(r.body)
	if !ended {
		t.Await(asClosed(r.end), check.Mistake{Name: "chunks", Conn: c, Offset: r.start + at, RFC: "RFC 9112 §7.1", Book: "§2.2.3"})
	}
	r.body = body
}
