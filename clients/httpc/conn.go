package httpc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// Conn is one connection to a web server. Requests may be sent one after another
// before the first response is received (pipelining, RFC 9112 §9.3.2); responses
// come in the order of the requests.
type Conn struct {
	// Handshake is how long it took to connect. On a connection to an address,
	// with no name to look up, that is one round-trip time.
	Handshake time.Duration

	client  *Client
	ctx     context.Context
	stop    func() bool // no longer watches ctx
	conn    net.Conn
	in      *bufio.Reader
	address string
	sent    []*pending // requests without response, in order
	last    *Response  // whose body may not be read to its end
}

// pending is what must be known of a request to read its response.
type pending struct {
	method string
	url    *url.URL
	last   bool // it said "Connection: close"
}

// Dial connects to a URL's server. When ctx ends, the connection does.
func (c *Client) Dial(ctx context.Context, target *url.URL) (*Conn, error) {
	return c.dialTo(ctx, target, address(target))
}

// dialTo connects to the server at another address than the URL says.
func (c *Client) dialTo(ctx context.Context, target *url.URL, hostPort string) (*Conn, error) {
	now := clock.Or(c.Clock)
	limited, cancel := clock.WithTimeout(ctx, now, c.timeout())
	defer cancel()
	begin := now.Now()
	conn, err := c.network().DialContext(limited, "tcp", hostPort)
	if err != nil {
		if cause := context.Cause(limited); cause != nil {
			err = errors.Join(err, cause)
		}
		return nil, err
	}
	connection := &Conn{
		Handshake: now.Now().Sub(begin),
		client:    c,
		ctx:       ctx,
		conn:      conn,
		address:   address(target),
	}
	connection.stop = context.AfterFunc(ctx, func() { conn.Close() })
	connection.in = bufio.NewReader(wireReader{connection})
	return connection, nil
}

// Close ends the connection.
func (c *Conn) Close() error {
	c.stop()
	return c.conn.Close()
}

// Send sends requests to the connection's server, all in one write. If one of them
// cannot be sent, none is.
func (c *Conn) Send(requests ...*Request) error {
	var text []byte
	before := c.sent
	for _, req := range requests {
		target, err := ParseURL(req.URL)
		if err == nil {
			text, err = c.add(text, req, target)
		}
		if err != nil {
			c.sent = before
			return err
		}
	}
	return c.write(text)
}

// exchange is one request and its response.
func (c *Conn) exchange(req *Request, target *url.URL) (*Response, error) {
	text, err := c.add(nil, req, target)
	if err != nil {
		return nil, err
	}
	if err := c.write(text); err != nil {
		return nil, err
	}
	return c.Receive()
}

// add writes a request behind those that are to be sent with it.
func (c *Conn) add(text []byte, req *Request, target *url.URL) ([]byte, error) {
	if address(target) != c.address {
		return nil, fmt.Errorf("%s is not at %s", target, c.address)
	}
	text, err := req.append(text, target, c.client.userAgent())
	if err != nil {
		return nil, err
	}
	c.sent = append(c.sent, &pending{method: req.method(), url: target, last: req.Close})
	return text, nil
}

func (c *Conn) write(text []byte) error {
	c.wait()
	n, err := c.conn.Write(text)
	if c.client.Wire != nil && n > 0 {
		c.client.Wire(true, text[:n])
	}
	return c.explain(err)
}

// wait gives the other side time for the next thing that it is to do.
func (c *Conn) wait() {
	c.conn.SetDeadline(clock.Or(c.client.Clock).Now().Add(c.client.timeout()))
}

// explain says why a read or a write failed, if it was because ctx ended.
func (c *Conn) explain(err error) error {
	if err == nil || err == io.EOF || c.ctx.Err() == nil {
		return err
	}
	return context.Cause(c.ctx)
}

// finish reads what is left of the last response's body, if that is little, and
// says whether another request may be sent.
func (c *Conn) finish() bool {
	if c.last == nil {
		return true
	}
	const little = 64 << 10
	n, err := io.CopyN(io.Discard, c.last.Body, little)
	return err == io.EOF && n < little && c.last.persistent
}

// wireReader reads from the connection, and tells Client.Wire.
type wireReader struct{ *Conn }

func (r wireReader) Read(p []byte) (int, error) {
	n, err := r.conn.Read(p)
	if n > 0 && r.client.Wire != nil {
		r.client.Wire(false, p[:n])
	}
	return n, r.explain(err)
}

// address is where a URL's server listens.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
