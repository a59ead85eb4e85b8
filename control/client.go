package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

// A Client gives commands to the process that runs a world.
type Client struct {
	path string
	http http.Client
}

// Dial finds the process that runs the world of that name; "" is the default
// one. If there is none, the error is [ErrNoWorld]; what one that was killed has
// left behind is removed.
func Dial(name string) (*Client, error) {
	path, err := Path(name)
	if err != nil {
		return nil, err
	}
	c := &Client{path: path}
	c.http.Transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return c.dial(ctx) },
	}
	conn, err := c.dial(context.Background())
	if errors.Is(err, ErrNoWorld) {
		tidyUp(path)
	}
	if err != nil {
		return nil, err
	}
	return c, conn.Close()
}

// tidyUp removes a dead socket, if there is one.
func tidyUp(path string) {
	if _, err := os.Lstat(path); err != nil {
		return
	}
	unlock, err := lockDirectory(filepath.Dir(path))
	if err != nil {
		return // it is not ours to tidy up
	}
	defer unlock()
	_, _ = removeDead(path)
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", c.path)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w (world %s; %v)", ErrNoWorld, filepath.Base(c.path), err)
	}
	return conn, err
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Call gives the command `method path` with in as its JSON body (nil: none)
// and stores the answer in out (nil: not wanted). An error that the other
// side gave by [Fail] is returned as it was.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	request, err := newRequest(ctx, method, path, in)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return failureOf(response)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(out)
}

// Open gives the command `method path`, whose answer is read as it comes, and
// ends when the other side has no more to say or the answer is closed.
func (c *Client) Open(ctx context.Context, method, path string, in any) (io.ReadCloser, error) {
	request, err := newRequest(ctx, method, path, in)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		defer response.Body.Close()
		return nil, failureOf(response)
	}
	return response.Body, nil
}

func newRequest(ctx context.Context, method, path string, in any) (*http.Request, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://wirebook"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return request, nil
}
