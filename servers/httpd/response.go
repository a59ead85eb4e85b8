package httpd

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/protocol/http1"
)

// output is what is to be sent. A response is written into it line by line, in
// the order in which the lines go over the wire (RFC 9112 §2.1).
type output []byte

func (o *output) text(parts ...string) {
	for _, part := range parts {
		*o = append(*o, part...)
	}
}

func (o *output) bytes(content []byte) { *o = append(*o, content...) }

// status writes the status line (RFC 9112 §4). It says HTTP/1.1 also to HTTP/1.0
// clients: the version is what the sender understands (RFC 9110 §6.2).
func (o *output) status(code int) {
	o.text("HTTP/1.1 ")
	*o = strconv.AppendInt(*o, int64(code), 10)
	o.text(" ", reasons[code], "\r\n")
}

func (o *output) field(name, value string) { o.text(name, ": ", value, "\r\n") }

func (o *output) contentLength(n int64) {
	o.text("Content-Length: ")
	*o = strconv.AppendInt(*o, n, 10)
	o.text("\r\n")
}

// contentRange says which bytes of how many these are (RFC 9110 §14.4).
func (o *output) contentRange(part span, size int64) {
	o.text("Content-Range: bytes ")
	*o = strconv.AppendInt(*o, part.from, 10)
	o.text("-")
	*o = strconv.AppendInt(*o, part.end()-1, 10)
	o.text("/")
	*o = strconv.AppendInt(*o, size, 10)
	o.text("\r\n")
}

// begin starts a response: the status line and the fields that all have.
func (c *conversation) begin(status int) *output {
	out := &c.stream.work.out
	out.status(status)
	out.text(c.common.at(c.now))
	return out
}

// endHeader says whether the connection goes on, if that is not what the client
// assumes of itself (RFC 9112 §9.3), and ends the header.
func (c *conversation) endHeader(out *output, req *request) {
	switch {
	case c.last:
		out.field("Connection", "close")
	case req.minor == 0:
		out.field("Connection", "keep-alive")
	}
	out.text("\r\n")
}

// commonFields are Date (RFC 9110 §6.6.1) and Server, written once a second.
type commonFields struct {
	server string
	latest atomic.Pointer[fieldsOfSecond]
}

type fieldsOfSecond struct {
	second int64
	text   string
}

func (f *commonFields) at(now time.Time) string {
	second := now.Unix()
	if latest := f.latest.Load(); latest != nil && latest.second == second {
		return latest.text
	}
	text := "Date: " + http1.FormatTime(now) + "\r\nServer: " + f.server + "\r\n"
	f.latest.Store(&fieldsOfSecond{second, text})
	return text
}
