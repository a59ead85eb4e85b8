package control

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// A stream is a TCP connection whose real end is in the other process.
type stream struct {
	*frames
	network       string
	local, remote net.Addr

	reading sync.Mutex
	left    int   // bytes of the current data frame that have not been read
	ended   error // io.EOF, or what broke the connection
}

func newStream(f *frames, network string, reply socketReply) *stream {
	return &stream{frames: f, network: network, local: address(network, reply.Local), remote: address(network, reply.Remote)}
}

func (s *stream) Read(p []byte) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	for s.left == 0 {
		if err := s.nextFrame(); err == io.EOF {
			return 0, err
		} else if err != nil {
			return 0, s.opError("read", err)
		}
	}
	n, err := s.r.Read(p[:min(len(p), s.left)])
	s.left -= n
	if err != nil {
		return n, s.opError("read", closed(err))
	}
	return n, nil
}

// nextFrame goes on to the next data frame.
func (s *stream) nextFrame() error {
	if s.ended != nil {
		return s.ended
	}
	kind, length, err := s.header()
	if err != nil {
		return closed(err)
	}
	switch kind {
	case data:
		_, err = s.r.Discard(headerSize)
		s.left = length
		return err
	case end:
		s.ended = io.EOF
	case failed:
		body, err := s.body(length)
		if err != nil {
			return closed(err)
		}
		s.ended = unpackJSON(body)
	default:
		s.ended = errors.New("control: the other side does not speak as expected")
	}
	return s.ended
}

func (s *stream) Write(p []byte) (int, error) {
	n := 0
	for {
		chunk := p[n:min(len(p), n+maxChunk)]
		sent, err := s.send(data, chunk)
		if sent {
			n += len(chunk)
		}
		if err != nil {
			return n, s.opError("write", closed(err))
		}
		if n == len(p) {
			return n, nil
		}
	}
}

// CloseWrite sends the end of the stream and leaves the other direction open
// (RFC 9293 §3.6).
func (s *stream) CloseWrite() error {
	if _, err := s.send(end); err != nil {
		return s.opError("close", closed(err))
	}
	return nil
}

func (s *stream) Close() error {
	if err := s.frames.Close(); err != nil {
		return s.opError("close", net.ErrClosed)
	}
	return nil
}

func (s *stream) LocalAddr() net.Addr  { return s.local }
func (s *stream) RemoteAddr() net.Addr { return s.remote }

func (s *stream) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: s.network, Source: s.local, Addr: s.remote, Err: err}
}

// closed puts an error of the connection between the processes in terms of
// the socket that it carries. Its end without a word means that the other
// process has died, or has ended the world.
func closed(err error) error {
	switch {
	case errors.Is(err, net.ErrClosed):
		return net.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return os.ErrDeadlineExceeded
	case errors.Is(err, syscall.EPIPE):
		return syscall.EPIPE
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return syscall.ECONNRESET
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
