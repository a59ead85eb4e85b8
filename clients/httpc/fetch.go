package httpc

import (
	"context"
	"io"
	"net/url"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// visit is a Visit that is under way.
type visit struct {
	Visit
	client    *Client
	clock     clock.Clock
	begin     time.Time
	addresses map[string]string // host:port of a URL, and where to connect to

	mu    sync.Mutex
	lines map[*line]bool // that are open
}

// line is a connection with its number.
type line struct {
	conn   *Conn
	number int
}

// getObjects gets all objects behind the page in the mode's way.
func (v *visit) getObjects(ctx context.Context) {
	switch v.Mode {
	case Serial:
		v.getApart(ctx, 1)
	case Parallel:
		v.getApart(ctx, v.AtOnce)
	case Persistent:
		v.getTogether(ctx, 1)
	case Pipelined:
		v.getTogether(ctx, maxBatch)
	}
}

// getApart gets each object over a connection of its own, n at a time.
func (v *visit) getApart(ctx context.Context, n int) {
	objects := make(chan *Object)
	var workers sync.WaitGroup
	for range min(n, len(v.Objects)-1) {
		workers.Go(func() {
			for object := range objects {
				v.getOne(ctx, object)
			}
		})
	}
	for i := range v.Objects[1:] {
		objects <- &v.Objects[1+i]
	}
	close(objects)
	workers.Wait()
}

func (v *visit) getOne(ctx context.Context, object *Object) {
	object.Begin = v.clock.Now().Sub(v.begin)
	l, err := v.open(ctx, object.URL)
	if err != nil {
		object.Err = err
		return
	}
	defer v.close(l)
	if object.Err = l.conn.Send(v.request(object)); object.Err == nil {
		v.receive(l, object, discard)
	}
}

// getTogether gets all objects of one server over one connection, and asks for
// n of them before it waits for the first. The page's own server comes first: its
// connection is still open.
func (v *visit) getTogether(ctx context.Context, n int) {
	servers, objects := []string{address(v.Objects[0].URL)}, map[string][]*Object{}
	for i := range v.Objects[1:] {
		object := &v.Objects[1+i]
		where := address(object.URL)
		if objects[where] == nil && where != servers[0] {
			servers = append(servers, where)
		}
		objects[where] = append(objects[where], object)
	}
	for _, server := range servers {
		v.getFrom(ctx, objects[server], n)
	}
}

// getFrom gets objects of one server. When the server ends the connection before
// it has answered all, those without an answer are asked for again on a new one
// (RFC 9112 §9.3.2). What a new connection does not bring is given up.
func (v *visit) getFrom(ctx context.Context, objects []*Object, n int) {
	if len(objects) == 0 {
		return
	}
	l := v.openLine(address(objects[0].URL))
	fresh := false
	for len(objects) > 0 {
		if l == nil {
			var err error
			if l, err = v.open(ctx, objects[0].URL); err != nil {
				fail(objects, err)
				return
			}
			fresh = true
		}
		done, more := v.getBatch(l, objects[:min(n, len(objects))])
		if done == 0 && fresh {
			done = 1
		}
		objects = objects[done:]
		fresh = false
		if !more {
			v.close(l)
			l = nil
		}
	}
}

// getBatch asks for all objects at once. It returns how many were answered, and
// whether the connection can carry more.
func (v *visit) getBatch(l *line, objects []*Object) (done int, more bool) {
	var requests []*Request
	for _, object := range objects {
		object.Err = nil
		object.Begin = v.clock.Now().Sub(v.begin)
		requests = append(requests, v.request(object))
	}
	if err := l.conn.Send(requests...); err != nil {
		objects[0].Err = err
		return 0, false
	}
	for i, object := range objects {
		more := v.receive(l, object, discard)
		if object.Err != nil {
			return i, false
		}
		if !more {
			return i + 1, false
		}
	}
	return len(objects), true
}

// discard reads a content to its end and counts its bytes.
func discard(body io.Reader) (int64, error) { return io.Copy(io.Discard, body) }

func fail(objects []*Object, err error) {
	for _, object := range objects {
		object.Err = err
	}
}

// open makes a connection, and counts it.
func (v *visit) open(ctx context.Context, u *url.URL) (*line, error) {
	conn, err := v.client.dialTo(ctx, u, v.addresses[address(u)])
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Connections++
	if v.RTT == 0 || conn.Handshake < v.RTT {
		v.RTT = conn.Handshake
	}
	l := &line{conn, v.Connections}
	if v.lines == nil {
		v.lines = map[*line]bool{}
	}
	v.lines[l] = true
	return l, nil
}

// openLine is an open connection to a server, if there is one.
func (v *visit) openLine(where string) *line {
	v.mu.Lock()
	defer v.mu.Unlock()
	for l := range v.lines {
		if l.conn.address == where {
			return l
		}
	}
	return nil
}

func (v *visit) close(l *line) {
	l.conn.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.lines, l)
}

func (v *visit) closeAll() {
	for l := range v.lines {
		l.conn.Close()
	}
}
