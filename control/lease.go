package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/wirebook/wirebook/guest"
)

// A Joined is the place of a guest in the world of another process: from
// [Client.Join] until it is closed, or either process ends.
type Joined struct {
	frames *frames
	gone   chan struct{}
	once   sync.Once
}

// Join asks with `POST path` and the JSON of request for a place in the world.
// The other side's handler calls [Lease], whose reply is stored in reply: it
// says what host to be. Then [Joined.Plug] takes the card there.
func (c *Client) Join(ctx context.Context, path string, request, reply any) (*Joined, error) {
	f, err := c.open(ctx, path, request, reply)
	if err != nil {
		return nil, err
	}
	return &Joined{frames: f, gone: make(chan struct{})}, nil
}

// Plug gives the card of a guest to the world, and returns when it is plugged
// in. The Tap stays this process's to close; it must not read from it. Plug
// may be called once.
func (j *Joined) Plug(tap *guest.Tap) error {
	conn, ok := j.frames.Conn.(*net.UnixConn)
	if !ok {
		return errors.New("control: this connection cannot carry a network card")
	}
	if err := guest.SendTap(conn, tap); err != nil {
		return err
	}
	kind, length, err := j.frames.header()
	if err != nil {
		return fmt.Errorf("control: the world ended while the card was plugged in: %w", err)
	}
	body, err := j.frames.body(length)
	if err != nil {
		return err
	}
	if kind == failed {
		return unpackJSON(body)
	}
	go func() {
		// There is nothing to come but the end.
		_, _, _ = j.frames.header()
		close(j.gone)
	}()
	return nil
}

// Gone is closed when, after Plug, the world has ended or Close was called.
func (j *Joined) Gone() <-chan struct{} { return j.gone }

// Close gives the place back.
func (j *Joined) Close() error {
	var err error
	j.once.Do(func() { err = j.frames.Close() })
	return err
}

// Lease answers a request by [Client.Join] with reply, takes the guest's card,
// and calls plug with it. Plug connects it and returns the function that takes
// it out again; an error of plug is the guest's. Lease returns when the
// guest's process has closed the connection or died, or the server's context
// has ended; by then the card is out and the Tap closed.
//
// An error has been answered already and is only for the log.
func Lease(w http.ResponseWriter, r *http.Request, reply any, plug func(ctx context.Context, tap *guest.Tap) (unplug func(), err error)) error {
	f, release, err := upgrade(w, r, reply)
	if err != nil {
		return err
	}
	defer release()
	conn, ok := f.Conn.(*net.UnixConn)
	if !ok || f.r.Buffered() > 0 {
		return errors.New("control: this connection cannot carry a network card")
	}
	tap, err := guest.ReceiveTap(conn)
	if err != nil {
		return err
	}
	defer tap.Close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	unplug, err := plug(ctx, tap)
	if err != nil {
		return errors.Join(err, f.sendJSON(failed, pack(err)))
	}
	defer unplug()
	if err := f.sendJSON(opened, struct{}{}); err != nil {
		return err
	}
	_, _, _ = f.header()
	return nil
}
