package httpclient

import (
	"bytes"
	"regexp"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// exchange is a request that the program has sent, to be answered.
type exchange struct {
	t    *check.T
	p    *check.Program
	c    *check.Conn
	file string // what the program is given, if it asks for a name
	raw  []byte

	before map[string]bool // the files that were there
}

// accept starts the program and waits for its request.
func accept(t *check.T) *exchange {
	l := t.AcceptTCP()
	x := &exchange{t: t, file: t.Word() + ".html", before: make(map[string]bool)}
	for _, name := range t.Files() {
		x.before[name] = true
	}
	x.p = t.Start(check.Values{"file": x.file})
	c, end := l.Accept()
	t.Accepted(end, check.Mistake{Name: "no-connection", Book: "§2.7.2"})
	x.c = c
	raw, end := c.Receive(func(all []byte) bool { return len(all) > 0 })
	if len(raw) == 0 {
		t.Await(end, check.Mistake{Name: "no-request", Conn: c, Expected: "GET /" + x.file + " HTTP/1.1\r\n", RFC: "RFC 9112 §3", Book: book})
	}
	// A request may come in pieces; one without an empty line has come when nothing
	// more does.
	for !complete(c.Received()) && !c.Still(700*time.Millisecond) {
	}
	x.raw = c.Received()
	return x
}

// complete reports whether the head has ended, with whatever line ends.
func complete(raw []byte) bool {
	return bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
}

// head is the request, up to its empty line.
func (x *exchange) head() string {
	text := string(x.raw)
	if at := strings.Index(text, "\r\n\r\n"); at >= 0 {
		text = text[:at+4]
	}
	return text
}

var requestLine = regexp.MustCompile(`^([A-Za-z]+) (\S+) HTTP/(\d\.\d)\r?\n`)

// field is the value of a header line, and whether it is there.
func (x *exchange) field(name string) (string, bool) {
	for line := range strings.Lines(x.head()) {
		n, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// persistent reports whether the client expects the connection to stay open (RFC
// 9112 §9.3).
func (x *exchange) persistent() bool {
	option, _ := x.field("Connection")
	return x.isHTTP11() && !strings.Contains(strings.ToLower(option), "close")
}

func (x *exchange) isHTTP11() bool {
	m := requestLine.FindSubmatch(x.raw)
	return m != nil && string(m[3]) == "1.1"
}

// request judges the form of the request.
func request(t *check.T) {
	x := accept(t)
	x.judgeRequestLine()
	x.judgeHeader()
}

func (x *exchange) judgeRequestLine() {
	t := x.t
	first, _, _ := strings.Cut(string(x.raw), "\n")
	wrong := check.Mistake{
		Name: "request-line", Conn: x.c, Length: len(first), Expected: "GET /" + x.file + " HTTP/1.1\r\n", Actual: first, RFC: "RFC 9112 §3", Book: book,
	}
	m := requestLine.FindSubmatch(x.raw)
	if m == nil {
		if !bytes.Contains(x.raw, []byte("\n")) && requestLine.MatchString(first+"\n") {
			wrong.Name, wrong.RFC, wrong.Offset, wrong.Length = "no-blank-line", "RFC 9112 §2.1", len(x.raw), 1
		}
		t.Wrong(wrong)
	}
	target := string(m[2])
	switch {
	case string(m[1]) != "GET":
		wrong.Name, wrong.Length, wrong.RFC = "not-get", len(m[1]), "RFC 9110 §9.3.1"
		t.Wrong(wrong)
	case strings.HasPrefix(target, "/"), strings.Contains(target, "://"):
	case target == x.file: // as it was given
		t.Remark("slash-not-added")
	default:
		wrong.Name, wrong.Offset, wrong.Length, wrong.RFC = "no-slash", len(m[1])+1, len(target), "RFC 9112 §3.2.1"
		t.Wrong(wrong)
	}
	if !strings.HasSuffix(first, "\r") {
		wrong.Name, wrong.Offset, wrong.Length, wrong.RFC = "bare-lf", len(first), 1, "RFC 9112 §2.2"
		t.Wrong(wrong)
	}
}

func (x *exchange) judgeHeader() {
	at := bytes.IndexByte(x.raw, '\n') + 1
	for line := range bytes.Lines(x.raw[at:]) {
		name, _, colon := bytes.Cut(line, []byte(":"))
		switch {
		case !bytes.HasSuffix(line, []byte("\n")):
		case !bytes.HasSuffix(line, []byte("\r\n")):
			x.t.Wrong(check.Mistake{Name: "bare-lf", Conn: x.c, Offset: at + len(line) - 1, Length: 1, Actual: string(line), RFC: "RFC 9112 §2.2", Book: book})
		case len(line) == 2:
			return // the empty line
		case !colon || len(name) == 0 || bytes.ContainsAny(name, " \t"):
			x.t.Wrong(check.Mistake{
				Name: "header-line", Conn: x.c, Offset: at, Length: len(line), Expected: "Host: server.example.com\r\n", Actual: string(line), RFC: "RFC 9112 §5", Book: book,
			})
		}
		at += len(line)
	}
	x.t.Wrong(check.Mistake{Name: "no-blank-line", Conn: x.c, Offset: len(x.raw), Length: 1, Expected: "\r\n\r\n", RFC: "RFC 9112 §2.1", Book: book})
}

// host judges what HTTP/1.1 demands of every request.
func host(t *check.T) {
	x := accept(t)
	value, ok := x.field("Host")
	if x.isHTTP11() && !ok {
		t.Wrong(check.Mistake{
			Name: "no-host", Conn: x.c, Offset: bytes.IndexByte(x.raw, '\n') + 1, Expected: "Host: server.example.com\r\n", RFC: "RFC 9112 §3.2", Book: book,
		})
	}
	if ok && value == "" {
		t.Remark("empty-host")
	}
}
