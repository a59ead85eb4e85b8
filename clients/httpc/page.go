package httpc

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Visit is a page and its objects, as they were got in one of the four modes.
type Visit struct {
	Mode        Mode
	AtOnce      int           // connections at a time, in mode Parallel
	Connections int           // that were made
	Objects     []Object      // the page itself first, then in the page's order
	Bytes       int64         // of all contents
	Elapsed     time.Duration // from the first SYN to the last byte; names were looked up before

	// RTT is the round-trip time: the shortest of the handshakes. The first
	// one may have had to wait for ARP.
	RTT time.Duration

	// Predicted is the book's number of round-trip times for so many objects.
	Predicted int
}

// RTTs is Elapsed in round-trip times.
func (v *Visit) RTTs() float64 {
	if v.RTT <= 0 {
		return 0
	}
	return float64(v.Elapsed) / float64(v.RTT)
}

// Object is a page, or a picture, script or style sheet in it.
type Object struct {
	URL        *url.URL
	Status     int // 0: there was no answer, and Err says why
	Bytes      int64
	Connection int           // which of the connections it came over, from 1
	Begin, End time.Duration // since the first SYN
	Err        error
}

// ErrAtOnce is a number of connections at a time that makes no sense.
var ErrAtOnce = fmt.Errorf("the number of parallel connections must be from 1 to %d", maxAtOnce)

const (
	maxAtOnce  = 256
	maxObjects = 1000
	maxPage    = 16 << 20 // bytes of HTML that are looked through
	maxBatch   = 64       // requests that are pipelined at once
)

// Page gets a page and all its objects. In mode Parallel it uses up to atOnce
// connections at a time, in the others atOnce means nothing. The error is for the
// page; an object that cannot be had says so in its Err.
func (c *Client) Page(ctx context.Context, address string, mode Mode, atOnce int) (*Visit, error) {
	if mode == Parallel && (atOnce < 1 || atOnce > maxAtOnce) {
		return nil, ErrAtOnce
	}
	target, err := ParseURL(address)
	if err != nil {
		return nil, err
	}
	v := &visit{
		Visit:     Visit{Mode: mode, AtOnce: atOnce},
		client:    c,
		clock:     clock.Or(c.Clock),
		addresses: map[string]string{},
	}
	defer v.closeAll()
	if err := v.run(ctx, target); err != nil {
		return nil, err
	}
	return &v.Visit, nil
}

// Compare gets a page in all four modes, one after another. The round-trip time
// is the shortest that any of them saw.
func (c *Client) Compare(ctx context.Context, address string, atOnce int) ([]*Visit, error) {
	var all []*Visit
	for _, mode := range Modes {
		v, err := c.Page(ctx, address, mode, atOnce)
		if err != nil {
			return all, fmt.Errorf("%s: %w", mode, err)
		}
		all = append(all, v)
	}
	fastest := slices.MinFunc(all, func(a, b *Visit) int { return int(a.RTT - b.RTT) })
	for _, v := range all {
		v.RTT = fastest.RTT
	}
	return all, nil
}

// run gets the page, then its objects.
func (v *visit) run(ctx context.Context, target *url.URL) error {
	v.lookUp(ctx, target)
	v.begin = v.clock.Now()
	v.Objects = []Object{{URL: target}}
	html, base, err := v.getPage(ctx, target)
	if err != nil {
		return err
	}
	pause := v.clock.Now()
	for _, u := range Embedded(html, base) {
		if len(v.Objects) <= maxObjects {
			v.Objects = append(v.Objects, Object{URL: u})
			v.lookUp(ctx, u)
		}
	}
	v.begin = v.begin.Add(v.clock.Now().Sub(pause)) // looking up names does not count

	v.getObjects(ctx)
	for _, object := range v.Objects {
		v.Bytes += object.Bytes
		v.Elapsed = max(v.Elapsed, object.End)
	}
	v.Predicted = Predict(v.Mode, len(v.Objects)-1, v.AtOnce)
	return ctx.Err()
}

// getPage gets the page itself. A redirect is not followed: it would be part of
// the time.
func (v *visit) getPage(ctx context.Context, target *url.URL) (html string, base *url.URL, err error) {
	l, err := v.open(ctx, target)
	if err != nil {
		return "", nil, err
	}
	var content strings.Builder
	page := &v.Objects[0]
	if err := l.conn.Send(v.request(page)); err != nil {
		return "", nil, err
	}
	more := v.receive(l, page, func(body io.Reader) (int64, error) {
		return io.Copy(&content, io.LimitReader(body, maxPage))
	})
	if !more {
		v.close(l)
	}
	if page.Err != nil {
		return "", nil, page.Err
	}
	if page.Status != 200 {
		return "", nil, fmt.Errorf("%s: the status is %d", target, page.Status)
	}
	return content.String(), target, nil
}

// receive reads the response for an object, its content by a function, and says
// whether the connection can carry another.
func (v *visit) receive(l *line, object *Object, read func(body io.Reader) (int64, error)) (more bool) {
	response, err := l.conn.Receive()
	if err != nil {
		object.Err = err
		return false
	}
	object.Status = response.Status
	object.Connection = l.number
	object.Bytes, object.Err = read(response.Body)
	object.End = v.clock.Now().Sub(v.begin)
	return object.Err == nil && response.Persistent()
}

func (v *visit) request(object *Object) *Request {
	return &Request{URL: object.URL.String(), Close: v.Mode == Serial || v.Mode == Parallel}
}

// lookUp finds the address of a URL's server ahead of time, if the network can
// tell it. Otherwise connecting will have to, and takes longer.
func (v *visit) lookUp(ctx context.Context, u *url.URL) {
	where := address(u)
	if _, done := v.addresses[where]; done {
		return
	}
	v.addresses[where] = where
	resolver, ok := v.client.network().(netx.Resolver)
	if !ok {
		return
	}
	if found, err := resolver.LookupHost(ctx, u.Hostname()); err == nil && len(found) > 0 {
		_, port, _ := net.SplitHostPort(where)
		v.addresses[where] = net.JoinHostPort(found[0], port)
	}
}
