package internet

import (
	"bytes"
	"net"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// TCPConn is a TCP connection of a host.
type TCPConn struct {
	*socket
	local, remote net.Addr
	toSend        bytes.Reader // what Write gives the stack
}

// newTCPConn wraps an endpoint that is connected.
func newTCPConn(s *socket) *TCPConn {
	c := &TCPConn{socket: s}
	if a, err := s.ep.GetLocalAddress(); err == nil {
		c.local = s.host.tcpAddr(a)
	}
	if a, err := s.ep.GetRemoteAddress(); err == nil {
		c.remote = s.host.tcpAddr(a)
	}
	return c
}

// Read reads what has arrived; io.EOF is the peer's FIN.
func (c *TCPConn) Read(b []byte) (n int, err error) {
	c.reading.use.Lock()
	defer c.reading.use.Unlock()
	failed, err := c.try(&c.reading, func() tcpip.Error {
		if len(b) == 0 {
			return nil
		}
		to := tcpip.SliceWriter(b)
		result, err := c.ep.Read(&to, tcpip.ReadOptions{})
		n = result.Count
		return err
	})
	if n > 0 {
		c.ep.ModerateRecvBuf(n)
		return n, nil
	}
	if failed != nil {
		err = readError(failed)
	}
	return 0, opError("read", "tcp", c.local, c.remote, err)
}

// Write returns once the stack has taken all of b.
func (c *TCPConn) Write(b []byte) (n int, err error) {
	c.writing.use.Lock()
	defer c.writing.use.Unlock()
	c.toSend.Reset(b)
	defer c.toSend.Reset(nil)
	failed, err := c.try(&c.writing, func() tcpip.Error {
		for {
			taken, err := c.ep.Write(&c.toSend, tcpip.WriteOptions{})
			n += int(taken)
			if err != nil || n == len(b) {
				return err
			}
			c.toSend.Reset(b[n:])
		}
	})
	if failed != nil {
		err = errno("write", failed)
	}
	return n, opError("write", "tcp", c.local, c.remote, err)
}

// Close ends the connection; what was written is still sent. When data has
// arrived that nobody read, the peer gets a reset (RFC 2525 §2.17).
func (c *TCPConn) Close() error {
	if !c.close() {
		return opError("close", "tcp", c.local, c.remote, net.ErrClosed)
	}
	return nil
}

// CloseRead makes all further reads answer io.EOF.
func (c *TCPConn) CloseRead() error { return c.shutdown(tcpip.ShutdownRead) }

// CloseWrite sends a FIN: the peer reads io.EOF, and can still send.
func (c *TCPConn) CloseWrite() error { return c.shutdown(tcpip.ShutdownWrite) }

func (c *TCPConn) shutdown(how tcpip.ShutdownFlags) error {
	if c.closed.Load() {
		return opError("close", "tcp", c.local, c.remote, net.ErrClosed)
	}
	if err := c.ep.Shutdown(how); err != nil {
		return opError("close", "tcp", c.local, c.remote, errno("shutdown", err))
	}
	return nil
}

// LocalAddr is a *net.TCPAddr.
func (c *TCPConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is a *net.TCPAddr.
func (c *TCPConn) RemoteAddr() net.Addr { return c.remote }

// TCPListener accepts the TCP connections to a port of a host.
type TCPListener struct {
	*socket
	addr net.Addr
}

// Accept waits for the next connection.
func (l *TCPListener) Accept() (net.Conn, error) {
	c, err := l.accept()
	if err != nil {
		return nil, opError("accept", "tcp", nil, l.addr, err)
	}
	return c, nil
}

func (l *TCPListener) accept() (*TCPConn, error) {
	l.reading.use.Lock()
	defer l.reading.use.Unlock()
	var s *socket
	var unopened error
	failed, err := l.try(&l.reading, func() tcpip.Error {
		ep, events, err := l.ep.Accept(nil)
		if err == nil {
			s, unopened = l.host.open(ep, events, nil)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case failed != nil:
		return nil, errno("accept", failed)
	case unopened != nil:
		return nil, unopened
	}
	return newTCPConn(s), nil
}

// Close frees the port. Connections that were accepted go on.
func (l *TCPListener) Close() error {
	if !l.close() {
		return opError("close", "tcp", nil, l.addr, net.ErrClosed)
	}
	return nil
}

// Addr is a *net.TCPAddr.
func (l *TCPListener) Addr() net.Addr { return l.addr }

func (h *Host) tcpAddr(a tcpip.FullAddress) *net.TCPAddr {
	addr := h.addrPort(a)
	return &net.TCPAddr{IP: addr.Addr().AsSlice(), Port: int(addr.Port()), Zone: addr.Addr().Zone()}
}
