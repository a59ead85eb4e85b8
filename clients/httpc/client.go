package httpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/http1"
)

// Client asks web servers. The zero value asks on the operating system's network.
type Client struct {
	Network   netx.Network  // netx.OS{}
	Clock     clock.Clock   // the machine's
	UserAgent string        // "Wirebook"
	Timeout   time.Duration // for a connection, a header, and each further byte; 30 s
	MaxHeader int           // of a response, in bytes; 64 KiB

	// MaxRedirects is how many redirects Get follows: 10 if it is 0, none
	// if it is negative.
	MaxRedirects int

	// Wire, if set, is told of all bytes as they are sent and as they are
	// received. It must not keep data. Page calls it from several goroutines
	// at once.
	Wire func(sent bool, data []byte)
}

var (
	// ErrHTTPS is a URL that needs TLS, which is not spoken here.
	ErrHTTPS = errors.New("https is not spoken here: use an http URL")

	// ErrRedirects is one redirect more than Client.MaxRedirects.
	ErrRedirects = errors.New("too many redirects")
)

// Get asks for the document at an address, which may lack its "http://", with
// further header fields, and follows redirects. The Response must be closed.
func (c *Client) Get(ctx context.Context, address string, fields ...Field) (*Response, error) {
	return c.Do(ctx, &Request{Method: "GET", URL: address, Fields: fields})
}

// Do sends a request, and others where it is redirected to. The Response must be
// closed.
func (c *Client) Do(ctx context.Context, req *Request) (*Response, error) {
	target, err := ParseURL(req.URL)
	if err != nil {
		return nil, err
	}
	var via []Hop
	var conn *Conn
	for {
		if conn, err = c.connect(ctx, conn, target); err != nil {
			return nil, err
		}
		response, err := conn.exchange(req, target)
		if err != nil {
			conn.Close()
			return nil, err
		}
		response.Via = via
		next, err := c.redirect(response)
		if err != nil {
			response.Close()
			return nil, err
		}
		if next == nil {
			return response, nil
		}
		via = append(via, Hop{URL: target, Status: response.Status})
		if len(via) > c.maxRedirects() {
			response.Close()
			return nil, fmt.Errorf("%s: %w", req.URL, ErrRedirects)
		}
		target = next
	}
}

// connect returns a connection to the target's server: the last one, if it leads
// there and is still good.
func (c *Client) connect(ctx context.Context, last *Conn, target *url.URL) (*Conn, error) {
	if last != nil && last.address == address(target) && last.finish() {
		return last, nil
	}
	if last != nil {
		last.Close()
	}
	return c.Dial(ctx, target)
}

// redirect returns where a response says that the document is, or nil (RFC 9110
// §15.4).
func (c *Client) redirect(response *Response) (*url.URL, error) {
	switch response.Status {
	case 301, 302, 303, 307, 308:
	default:
		return nil, nil
	}
	location, ok := response.Fields.Lookup("Location")
	if method := response.method; !ok || c.maxRedirects() == 0 || (method != "GET" && method != "HEAD") {
		return nil, nil
	}
	next, err := response.URL.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("redirect to %q: %w", location, err)
	}
	if err := checkURL(next); err != nil {
		return nil, fmt.Errorf("redirect to %q: %w", location, err)
	}
	return next, nil
}

// ParseURL reads an http URL, which may lack its "http://".
func ParseURL(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	if err := checkURL(u); err != nil {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	return u, nil
}

func checkURL(u *url.URL) error {
	switch {
	case u.Scheme == "https":
		return ErrHTTPS
	case u.Scheme != "http":
		return errors.New("not an http URL")
	case u.Hostname() == "":
		return errors.New("URL without a host")
	}
	return nil
}

func (c *Client) network() netx.Network { return cmp.Or[netx.Network](c.Network, netx.OS{}) }

func (c *Client) timeout() time.Duration { return cmp.Or(c.Timeout, 30*time.Second) }

func (c *Client) userAgent() string { return cmp.Or(c.UserAgent, "Wirebook") }

func (c *Client) maxRedirects() int { return max(0, cmp.Or(c.MaxRedirects, 10)) }

// rules are lenient: a student's own server should be seen to answer, even if
// its lines end in LF alone.
func (c *Client) rules() http1.Rules {
	size := cmp.Or(c.MaxHeader, 64<<10)
	return http1.Rules{MaxStart: 8000, MaxFields: size, MaxCount: 1000, Lenient: true}
}
