package control

import (
	"context"
	"encoding/json"
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
	once   sync.Once
}

// Join asks with `POST path` and the JSON of request for a place in the world.
// The other side's handler calls [Lease], whose reply is stored in reply: it
// says what host to be. Then [Joined.Plug] takes the card there, and
// [Joined.Next] hears what the world says afterwards.
func (c *Client) Join(ctx context.Context, path string, request, reply any) (*Joined, error) {
	f, err := c.open(ctx, path, request, reply)
	if err != nil {
		return nil, err
	}
	return &Joined{frames: f}, nil
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
	return nil
}

// Next waits, after Plug, for what the other side's [Lease] says next, and
// stores it in news. An error of Lease is returned as it was; every other one
// means that the world has ended, or that Close was called.
func (j *Joined) Next(news any) error {
	kind, length, err := j.frames.header()
	if err != nil {
		return fmt.Errorf("control: the world has ended: %w", err)
	}
	body, err := j.frames.body(length)
	switch {
	case err != nil:
		return err
	case kind == failed:
		return unpackJSON(body)
	case kind != data:
		return errors.New("control: the other side does not speak as expected")
	}
	return json.Unmarshal(body, news)
}

// Close gives the place back.
func (j *Joined) Close() error {
	var err error
	j.once.Do(func() { err = j.frames.Close() })
	return err
}

// Lease answers a request by [Client.Join] with reply, takes the guest's card,
// and calls plug with it. Plug connects it and returns the function that takes
// it out again. Then next is called again and again, and what it returns is
// told to the guest's process; nil, if there is nothing to tell. An error of
// plug or next is the guest's. Lease returns after such an error, or when the
// guest's process has closed the connection or died, or the server's context
// has ended; by then the card is out and the Tap closed. The context of plug and
// next ends with all these.
//
// An error has been answered already and is only for the log.
func Lease(w http.ResponseWriter, r *http.Request, reply any,
	plug func(ctx context.Context, tap *guest.Tap) (unplug func(), err error), next func(ctx context.Context) (news any, err error),
) error {
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
	var waiting sync.WaitGroup
	waiting.Go(func() {
		_, _, _ = f.header() // there is nothing to come but the end
		cancel()
	})
	defer waiting.Wait()
	defer conn.Close()
	unplug, err := plug(ctx, tap)
	if err != nil {
		return errors.Join(err, f.sendJSON(failed, pack(err)))
	}
	defer unplug()
	if err := f.sendJSON(opened, struct{}{}); err != nil {
		return err
	}
	return f.tell(ctx, next)
}

// tell sends what next returns, until ctx ends.
func (f *frames) tell(ctx context.Context, next func(context.Context) (any, error)) error {
	if next == nil {
		<-ctx.Done()
		return nil
	}
	for {
		news, err := next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return errors.Join(err, f.sendJSON(failed, pack(err)))
		}
		if err := f.sendJSON(data, news); err != nil {
			return err
		}
	}
}
