package control

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// The kinds of frames; doc.go says what each is.
const (
	opened = 'O'
	data   = 'D'
	end    = 'F'
	failed = 'E'
)

const (
	headerSize = 5
	maxFrame   = 1 << 20
	// maxChunk is how much of a stream goes into one frame.
	maxChunk = 32 << 10
)

// frames is a connection that carries frames. Reading and writing are safe
// beside each other, and a deadline that passes in the middle of a frame
// leaves the rest for the next call.
type frames struct {
	net.Conn
	r *bufio.Reader

	writing sync.Mutex
	buffer  []byte // of the last frame that was sent
	unsent  []byte // the part of it that is not yet on its way
}

// header waits for a frame and tells its kind and length, without consuming it.
func (f *frames) header() (kind byte, length int, err error) {
	header, err := f.r.Peek(headerSize)
	if err != nil {
		return 0, 0, err
	}
	length = int(binary.BigEndian.Uint32(header[1:]))
	if length > maxFrame {
		return 0, 0, fmt.Errorf("control: a frame of %d bytes", length)
	}
	return header[0], length, nil
}

// body consumes a frame of that length whole. It is for short ones.
func (f *frames) body(length int) ([]byte, error) {
	body := make([]byte, headerSize+length)
	_, err := io.ReadFull(f.r, body)
	return body[headerSize:], err
}

// whole waits until a frame is there whole, without consuming it: a deadline
// in between must not tear a datagram.
func (f *frames) whole() (kind byte, body []byte, err error) {
	kind, length, err := f.header()
	if err != nil {
		return 0, nil, err
	}
	frame, err := f.r.Peek(headerSize + length)
	if err != nil {
		return 0, nil, err
	}
	return kind, frame[headerSize:], nil
}

// send writes a frame. If a deadline cuts it, it counts as sent (and its rest
// goes out before the next frame does), unless nothing of it is on its way yet.
func (f *frames) send(kind byte, parts ...[]byte) (sent bool, err error) {
	f.writing.Lock()
	defer f.writing.Unlock()
	if err := f.flush(); err != nil {
		return false, err
	}
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	f.buffer = append(f.buffer[:0], kind)
	f.buffer = binary.BigEndian.AppendUint32(f.buffer, uint32(length))
	for _, part := range parts {
		f.buffer = append(f.buffer, part...)
	}
	n, err := f.Conn.Write(f.buffer)
	if n == 0 {
		return false, err
	}
	f.unsent = f.buffer[n:]
	return true, err
}

func (f *frames) flush() error {
	for len(f.unsent) > 0 {
		n, err := f.Conn.Write(f.unsent)
		f.unsent = f.unsent[n:]
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *frames) sendJSON(kind byte, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = f.send(kind, body)
	return err
}

// upgrade makes of the connection of a request one for frames, with reply as
// its first. The connection closes when the server's context ends.
func upgrade(w http.ResponseWriter, r *http.Request, reply any) (f *frames, release func(), err error) {
	// What a handler has left of the request is not to be taken for frames.
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxRequest)); err != nil {
		return nil, nil, err
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(r.Context(), func() { conn.Close() })
	release = func() {
		stop()
		conn.Close()
	}
	// The server has set its own deadline for the request.
	err = conn.SetDeadline(time.Time{})
	if err == nil {
		_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: wirebook\r\n\r\n")
	}
	f = &frames{Conn: conn, r: buffered.Reader}
	if err == nil {
		err = f.sendJSON(opened, reply)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return f, release, nil
}

// open makes the request `POST path`, whose connection goes on with frames,
// and stores the other side's first in reply.
func (c *Client) open(ctx context.Context, path string, in, reply any) (*frames, error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	f, err := c.handshake(ctx, conn, path, in, reply)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return f, nil
}

func (c *Client) handshake(ctx context.Context, conn net.Conn, path string, in, reply any) (*frames, error) {
	request, err := newRequest(ctx, http.MethodPost, path, in)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "wirebook")
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		defer response.Body.Close()
		return nil, failureOf(response)
	}
	f := &frames{Conn: conn, r: r}
	kind, length, err := f.header()
	if err != nil {
		return nil, err
	}
	body, err := f.body(length)
	if err != nil {
		return nil, err
	}
	if kind != opened {
		return nil, errors.New("control: the other side does not speak as expected")
	}
	return f, json.Unmarshal(body, reply)
}
