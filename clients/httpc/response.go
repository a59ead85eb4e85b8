package httpc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/protocol/http1"
)

// Response is a server's answer. Its Body must be read before the connection's
// next response is received.
type Response struct {
	URL    *url.URL // of the document, after redirects
	Via    []Hop    // the redirects on the way
	Minor  int      // of the version: HTTP/1.Minor
	Status int
	Reason string
	Fields Fields
	Body   io.Reader // the content, out of its chunks; an error if less comes than was promised

	// Interim are the statuses 1xx that came before (RFC 9110 §15.2).
	Interim []int

	method     string
	conn       *Conn
	chunks     *http1.Chunked
	persistent bool
}

// Hop is a redirect: what was asked for, and how it was answered.
type Hop struct {
	URL    *url.URL
	Status int
}

// ErrNotHTTP is a server that answers with something else.
var ErrNotHTTP = errors.New("not an HTTP/1 response")

// Close ends the connection that the response came on.
func (r *Response) Close() error { return r.conn.Close() }

// Persistent says whether the connection may carry another request.
func (r *Response) Persistent() bool { return r.persistent }

// Conn is the connection that the response came on.
func (r *Response) Conn() *Conn { return r.conn }

// Trailer is the fields that came behind a chunked body, once Body is at its end.
func (r *Response) Trailer() Fields {
	if r.chunks == nil {
		return nil
	}
	return r.chunks.Trailer()
}

// Receive reads the header of the response to the first request that has none
// yet. What is left of the last response's body is passed over.
func (c *Conn) Receive() (*Response, error) {
	if len(c.sent) == 0 {
		return nil, errors.New("no request was sent")
	}
	if c.last != nil {
		if _, err := io.Copy(io.Discard, c.last.Body); err != nil {
			return nil, err
		}
	}
	req := c.sent[0]
	c.sent = c.sent[1:]
	c.wait()
	response := &Response{URL: req.url, method: req.method, conn: c}
	if err := response.readFinal(c, req); err != nil {
		return nil, err
	}
	c.last = response
	return response, nil
}

// readFinal reads responses until one is not interim (RFC 9110 §15.2).
func (r *Response) readFinal(c *Conn, req *pending) error {
	const most = 10
	for range most {
		if err := r.readHead(c.in, c.client.rules()); err != nil {
			return err
		}
		if r.Status >= 200 {
			return r.frame(c, req)
		}
		if r.Status == 101 {
			return errors.New("101 Switching Protocols, which nobody asked for")
		}
		r.Interim = append(r.Interim, r.Status)
	}
	return errors.New("nothing but interim responses")
}

// readHead reads a status line and header fields.
func (r *Response) readHead(in *bufio.Reader, rules http1.Rules) error {
	var head http1.Head
	err := head.Read(in, rules)
	switch {
	case err == io.EOF:
		return errNoAnswer
	case errors.Is(err, http1.ErrStartTooLong):
		return fmt.Errorf("%w: no end of its first line", ErrNotHTTP)
	case err != nil:
		return err
	}
	r.Fields = head.Fields
	return r.parseStatus(head.Start)
}

// errNoAnswer is a connection that ended before the response began.
var errNoAnswer = fmt.Errorf("no response: %w", io.ErrUnexpectedEOF)

// noBody says which responses never have one (RFC 9112 §6.3 rules 1 and 2).
func (r *Response) noBody() bool {
	return r.method == "HEAD" || r.Status == 204 || r.Status == 304
}

// frame finds out where the response ends (RFC 9112 §6.3): at once, after the
// last chunk, after Content-Length bytes, or with the connection.
func (r *Response) frame(c *Conn, req *pending) error {
	length, hasLength, err := r.Fields.ContentLength()
	if err != nil {
		return err
	}
	_, coded := r.Fields.Lookup("Transfer-Encoding")
	r.persistent = !req.last && r.wantsMore()
	switch {
	case r.noBody():
		r.Body = strings.NewReader("")
	case coded && hasLength:
		return errors.New("both Transfer-Encoding and Content-Length")
	case coded:
		if value := r.Fields.Get("Transfer-Encoding"); !strings.EqualFold(value, "chunked") {
			return fmt.Errorf("transfer coding %q is not known", value)
		}
		r.chunks = http1.NewChunked(c.in, c.client.rules())
		r.Body = &body{conn: c, from: r.chunks, left: -1}
	case hasLength:
		r.Body = &body{conn: c, from: c.in, left: length}
	default:
		r.persistent = false
		r.Body = &body{conn: c, from: c.in, left: -1}
	}
	return nil
}

// wantsMore says whether the server keeps the connection open (RFC 9112 §9.3).
func (r *Response) wantsMore() bool {
	if r.Fields.HasMember("Connection", "close") {
		return false
	}
	return r.Minor >= 1 || r.Fields.HasMember("Connection", "keep-alive")
}

// parseStatus reads the status line (RFC 9112 §4):
//
//	status-line = HTTP-version SP status-code SP [ reason-phrase ]
//
// The last SP may be missing: many servers forget it when there is no phrase.
func (r *Response) parseStatus(line string) error {
	version, rest, ok := strings.Cut(line, " ")
	minor, isHTTP := strings.CutPrefix(version, "HTTP/1.")
	if !ok || !isHTTP || len(minor) != 1 || minor[0] < '0' || minor[0] > '9' {
		return fmt.Errorf("%w: it begins with %q", ErrNotHTTP, line[:min(len(line), 60)])
	}
	code, reason, _ := strings.Cut(rest, " ")
	status, err := strconv.ParseUint(code, 10, 16)
	if err != nil || len(code) != 3 || status < 100 || !http1.ValidValue(reason) {
		return fmt.Errorf("%w: bad status line %q", ErrNotHTTP, line[:min(len(line), 60)])
	}
	r.Minor, r.Status, r.Reason = int(minor[0]-'0'), int(status), reason
	return nil
}

// body gives each read its time, and knows how much is to come.
type body struct {
	conn *Conn
	from io.Reader
	left int64 // bytes; negative: until from ends
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	b.conn.wait()
	n, err := b.from.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
		if err == io.EOF && b.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}
