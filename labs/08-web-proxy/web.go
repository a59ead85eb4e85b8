package webproxy

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/chunks"
)

// web is a case's: the web servers, the proxy, and the browser that asks it.
type web struct {
	*origins
	t *check.T
	p *check.Program
}

// begin starts the program. The caller defers close.
func begin(t *check.T) *web {
	o := newOrigins(t)
	return &web{o, t, t.Start(nil)}
}

// put gives some server an object, in a place where the program's manner finds it.
func (w *web) put(extension, kind string, body []byte) *object {
	x := &object{host: "www." + w.t.Word() + ".com", path: "/" + w.t.Word() + extension, kind: kind, body: body}
	if w.t.Manner() == hostOnly {
		x.path = "/"
	}
	return w.add(x)
}

// page gives some server a page.
func (w *web) page() *object {
	return w.put(".html", "text/html", []byte("<html><body>\n<p>"+w.t.Word()+" "+w.t.Word()+"</p>\n</body></html>\n"))
}

// picture gives some server a picture, with bytes that are no text. It fits one
// segment: that a proxy takes the first for the whole is another case's question.
func (w *web) picture() *object {
	body := w.t.Bytes(1000)
	copy(body, "\xff\xd8\xff\xe0\x00\x10JFIF\x00\r\n\r\n\xff\n\r\x80")
	return w.put(".jpg", "image/jpeg", body)
}

// request is what the browser sends for an object.
func (w *web) request(manner, method string, x *object, header, body string) string {
	target, host := "http://"+x.url(), x.host
	if manner != absolute {
		target, host = "/"+strings.TrimSuffix(x.url(), "/"), "localhost:8888"
	}
	return method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: wirebook-lab\r\nAccept: */*\r\n" + header + "\r\n" + body
}

const closes = "Connection: close\r\n"

// get asks for an object, and reads what the proxy answers.
func (w *web) get(x *object) *response { return w.getIn(w.t.Manner(), x) }

func (w *web) getIn(manner string, x *object) *response {
	c := w.t.Dial(w.p)
	c.SendText(w.request(manner, "GET", x, closes, ""))
	return w.receive(c, x)
}

// response is what came, as far as it could be read.
type response struct {
	conn   *check.Conn
	raw    []byte
	end    check.End
	status string // "200"; "" if there is no status line
	header []string
	body   []byte
	start  int  // of the body in raw
	ended  bool // by its last chunk
}

var statusLine = regexp.MustCompile(`^HTTP/\d\.\d +(\d\d\d)\b`)

func parse(raw []byte) *response {
	r := &response{raw: raw, start: len(raw)}
	defer r.unchunk()
	if m := statusLine.FindSubmatch(raw); m != nil {
		r.status = string(m[1])
	}
	for at := 0; at < len(raw); {
		n := bytes.IndexByte(raw[at:], '\n') + 1
		if n == 0 {
			return r
		}
		line := strings.TrimRight(string(raw[at:at+n]), "\r\n")
		at += n
		if line == "" {
			r.start = at
			r.body = raw[at:]
			return r
		}
		r.header = append(r.header, line)
	}
	return r
}

// unchunk puts the chunks of a body together that comes in chunks.
func (r *response) unchunk() {
	if strings.EqualFold(fieldOf(r.header, "Transfer-Encoding"), "chunked") && r.hasEnd() {
		r.body, _, r.ended = chunks.Decode(r.body)
		r.body = append([]byte{}, r.body...)
	}
}

// hasEnd is whether there is a blank line below the head.
func (r *response) hasEnd() bool { return r.body != nil }

// length is what Content-Length says, or -1.
func (r *response) length() int {
	n, err := strconv.Atoi(fieldOf(r.header, "Content-Length"))
	if err != nil {
		return -1
	}
	return n
}

// whole reports whether a response is there, without the end of its connection.
func whole(raw []byte) bool {
	r := parse(raw)
	return r.hasEnd() && (r.ended || r.length() >= 0 && len(r.body) >= r.length())
}

// receive waits for a response. None at all ends the case.
func (w *web) receive(c *check.Conn, x *object) *response {
	raw, end := c.Receive(whole)
	if len(raw) == 0 {
		w.t.Await(end, w.blame(x, check.Mistake{Name: "no-response", Conn: c, RFC: "RFC 9110 §3.7", Book: "§2.2.5"}))
	}
	r := parse(raw)
	r.conn, r.end = c, end
	if n := r.length(); n >= 0 && len(r.body) > n {
		r.body = r.body[:n] // what is behind it belongs to no response
	}
	return r
}

// blame looks for the cause of a bad response where the proxy spoke with the
// server: what it asked there.
func (w *web) blame(x *object, m check.Mistake) check.Mistake {
	a := w.settled()
	switch {
	case a == nil:
		m.Name = "never-asked"
		m.Expected = "GET " + x.path + " HTTP/1.1\r\n"
		if tried := w.t.Tried(); len(tried) > 0 {
			m.Actual = strings.Join(tried, ", ")
		}
	case !a.whole:
		m = check.Mistake{
			Name: "unfinished-request", Conn: a.conn, Offset: max(0, len(a.conn.Received())-1), Expected: "\r\n\r\n",
			RFC: "RFC 9112 §2.1", Book: "§2.2.3",
		}
	case !a.asksFor(x):
		m = check.Mistake{
			Name: "target", Conn: a.conn, Offset: len(a.method) + 1, Length: len(a.target),
			Expected: a.method + " " + x.path + " HTTP/1.1\r\nHost: " + x.host + "\r\n",
			Actual:   a.method + " " + a.target + " " + a.version + "\r\n" + strings.Join(hostOf(a), ""),
			RFC:      "RFC 9112 §3.2.1", Book: "§2.2.5",
		}
	}
	return m
}

func hostOf(a *asked) []string {
	if h := a.field("Host"); h != "" {
		return []string{"Host: " + h + "\r\n"}
	}
	return nil
}

// brings judges that a response brings an object.
func (w *web) brings(r *response, x *object) {
	t := w.t
	if r.status == "" {
		t.Wrong(check.Mistake{
			Name: "no-status-line", Conn: r.conn, Length: 12, Expected: "HTTP/1.1 200 OK\r\n", Actual: first(r.raw), RFC: "RFC 9112 §4", Book: "§2.2.3",
		})
	}
	if r.status != "200" {
		t.Wrong(w.blame(x, check.Mistake{
			Name: "status", Conn: r.conn, Length: 12, Expected: "HTTP/1.1 200 OK\r\n", Actual: first(r.raw), RFC: "RFC 9110 §15.3.1", Book: "§2.2.3",
		}))
	}
	if !r.hasEnd() {
		t.Await(orWrong(r.end), check.Mistake{
			Name: "no-blank-line", Conn: r.conn, Offset: max(0, len(r.raw)-1), Expected: "\r\n\r\n", RFC: "RFC 9112 §2.1", Book: "§2.2.3",
		})
	}
	if !same(r.body, x.body) {
		w.changed(r, x)
	}
	if r.end == check.Idle || r.end == check.Late {
		t.Await(r.end, check.Mistake{Name: "never-closes", Conn: r.conn, Offset: len(r.raw), RFC: "RFC 9112 §6.3", Book: "§2.2.2"})
	}
	for _, line := range r.header[1:] {
		if statusLine.MatchString(line) {
			t.Remark("status-twice")
		}
	}
}

// orWrong has a wait that has come to an end judged by what came.
func orWrong(end check.End) check.End {
	if end == check.Done {
		return check.Closed
	}
	return end
}

// same is whether a body is an object's; the skeleton of the assignment sends
// CRLF after it.
func same(body, want []byte) bool {
	return bytes.Equal(body, want) || bytes.Equal(bytes.TrimSuffix(body, []byte("\r\n")), want)
}

// changed ends the case: this body is not the object's.
func (w *web) changed(r *response, x *object) {
	at := differs(r.body, x.body)
	m := check.Mistake{
		Name: "body", Conn: r.conn, Offset: r.start + at, RFC: "RFC 9112 §6", Book: "§2.2.5",
		Expected: check.Say("web-proxy.bytes", "Bytes", len(x.body)), Actual: check.Say("web-proxy.bytes", "Bytes", len(r.body)),
	}
	switch {
	case bytes.HasPrefix(r.body, []byte("HTTP/1.")):
		m.Name = "head-in-body"
	case at == len(r.body):
		m.Name = "body-cut"
		w.t.Await(orWrong(r.end), m)
	case at == len(x.body):
		m.Name = "body-longer"
	case bytes.HasPrefix(r.body, []byte("b'")) || bytes.HasPrefix(r.body, []byte(`b"`)):
		m.Name = "body-repr"
	}
	w.t.Wrong(m)
}

// differs is where two texts begin to differ.
func differs(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func first(raw []byte) string {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	return string(line[:min(len(line), 80)]) + "\n"
}
