package httpd

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// conversation is one connection with one client: requests and responses in
// turn, in the order of the requests (RFC 9112 §9.3).
type conversation struct {
	*site
	stream stream
	place  place     // in the crowd
	now    time.Time // when the current request came

	// last is set when no further request will be answered: one side said
	// "Connection: close", or where the next request begins is not known.
	last bool
	// unread is set when a request's body was left on the connection.
	unread bool
}

// converse answers the client's requests until one side wants no more.
func (s *site) converse(conn net.Conn) {
	c := &conversation{site: s, now: s.Clock.Now()}
	c.stream = stream{conn: conn, clock: s.Clock, writeTimeout: s.WriteTimeout}
	c.crowd.enter(&c.place, conn)
	defer c.crowd.leave(&c.place)
	defer c.stream.release()

	for !c.last {
		if err := c.exchange(); err != nil {
			c.giveUp(err)
			return
		}
	}
	c.hangUp()
}

// exchange is one request and its response.
func (c *conversation) exchange() error {
	if err := c.stream.await(c.IdleTimeout); err != nil {
		return errSilence
	}
	c.now = c.Clock.Now()
	req, err := c.readRequest()
	if err != nil {
		return err
	}
	c.crowd.touch(&c.place)
	if err := c.skipBody(req); err != nil {
		return err
	}
	return c.answer(req)
}

func (c *conversation) readRequest() (*request, error) {
	c.stream.readWithin(c.HeaderTimeout)
	req := &c.stream.work.req
	if err := req.read(c.stream.work.in, c.rules); err != nil {
		return nil, err
	}
	c.last = !req.persistent()
	return req, nil
}

// answer does what the method asks for (RFC 9110 §9).
func (c *conversation) answer(req *request) error {
	switch req.method {
	case "GET", "HEAD":
		return c.get(req)
	case "OPTIONS":
		return c.options(req)
	case "POST", "PUT", "DELETE", "PATCH", "TRACE":
		return c.refuse(req, 405, "")
	}
	return c.refuse(req, 501, "")
}

const allowed = "GET, HEAD, OPTIONS"

// get sends a document, or a part of it, or says why not. HEAD is GET without
// the content (RFC 9110 §9.3.1, §9.3.2).
func (c *conversation) get(req *request) error {
	doc, err := c.files.find(req.path, c.now)
	if err != nil {
		return c.refuseFile(req, err)
	}
	switch req.precondition(doc) {
	case 304:
		return c.notModified(req, doc)
	case 412:
		return c.refuse(req, 412, "")
	}
	part, status := req.wantedPart(doc, c.now)
	if status == 416 {
		return c.refuseRange(req, doc)
	}
	return c.send(req, doc, part, status)
}

// options says which methods there are, for one path or for the server as a
// whole, "*" (RFC 9110 §9.3.7).
func (c *conversation) options(req *request) error {
	w := c.begin(204)
	w.field("Allow", allowed)
	c.endHeader(w, req)
	return c.stream.queued()
}

// notModified tells the client that what it has is still right (RFC 9110
// §15.4.5).
func (c *conversation) notModified(req *request, doc *document) error {
	w := c.begin(304)
	w.field("ETag", doc.etag)
	c.endHeader(w, req)
	return c.stream.queued()
}

// send answers 200 with the document or 206 with a part of it.
func (c *conversation) send(req *request, doc *document, part span, status int) error {
	if doc.content != nil || req.method == "HEAD" {
		c.describe(req, doc, part, status)
		if req.method != "HEAD" {
			c.stream.work.out.bytes(doc.content[part.from:part.end()])
		}
		return c.stream.queued()
	}
	file, err := c.files.open(doc, part.from)
	if err == errChanged {
		c.files.forget(req.path)
		return c.get(req)
	}
	if err != nil {
		return c.refuseFile(req, err)
	}
	defer file.Close()
	c.describe(req, doc, part, status)
	return c.sendFile(file, part.length)
}

// describe writes the header of a 200 or 206.
func (c *conversation) describe(req *request, doc *document, part span, status int) {
	w := c.begin(status)
	w.field("Content-Type", doc.mediaType)
	w.contentLength(part.length)
	if status == 206 {
		w.contentRange(part, doc.size)
	}
	if doc.lastModified != "" {
		w.field("Last-Modified", doc.lastModified)
	}
	w.field("ETag", doc.etag)
	w.field("Accept-Ranges", "bytes")
	c.endHeader(w, req)
}

// portion is how much of a file is sent in one go: the client must take that
// much within Server.WriteTimeout.
const portion = 256 << 10

// sendFile sends the next length bytes of the file. On the operating system's
// network io.CopyN ends in sendfile(2): the bytes do not pass through here.
func (c *conversation) sendFile(file io.Reader, length int64) error {
	if err := c.stream.flush(); err != nil {
		return err
	}
	for length > 0 {
		c.stream.writeWithin(c.WriteTimeout)
		n, err := io.CopyN(c.stream.conn, file, min(length, portion))
		if err != nil {
			// Less than was promised, which only the end of the connection
			// can tell the client.
			c.stream.broken = err
			return err
		}
		length -= n
		c.crowd.touch(&c.place)
	}
	return nil
}

// errSilence says that the client asked for nothing more.
var errSilence = errors.New("no further request")

// giveUp ends the conversation after an error: with a response, if the client
// can still be told something, and silently otherwise.
func (c *conversation) giveUp(err error) {
	if err == errSilence || c.stream.broken != nil {
		return
	}
	var f *fault
	switch {
	case errors.As(err, &f):
	case errors.Is(err, os.ErrDeadlineExceeded):
		f = &fault{408, "request took too long"}
	default:
		return
	}
	c.Log.Info("httpd: bad request", "client", c.stream.conn.RemoteAddr(), "status", f.status, "why", f.why)
	c.last, c.unread = true, true
	if c.refuse(&c.stream.work.req, f.status, "") == nil {
		c.hangUp()
	}
}

// hangUp ends a conversation that went well. A client that may still be sending
// is listened to for a moment.
func (c *conversation) hangUp() {
	unread := c.unread || c.stream.pipelined()
	if c.stream.flush() == nil && unread {
		netx.Linger(c.stream.conn, c.Clock.Now().Add(netx.LingerTime))
	}
}
