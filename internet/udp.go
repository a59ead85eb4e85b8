package internet

import (
	"bytes"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// UDPConn is a UDP socket of a host: a net.PacketConn and, when it was dialed,
// a net.Conn.
type UDPConn struct {
	*socket
	local, remote net.Addr // remote is nil when the socket is not connected
	toSend        bytes.Reader

	port  uint16
	all   bool  // it listens on all addresses
	asked asked // by whom, at which of them
}

func newUDPConn(s *socket) *UDPConn {
	c := &UDPConn{socket: s}
	if a, err := s.ep.GetLocalAddress(); err == nil {
		c.local, c.port = s.host.udpAddr(a), a.Port
		c.all = a.Addr.Unspecified()
	}
	if a, err := s.ep.GetRemoteAddress(); err == nil {
		c.remote = s.host.udpAddr(a)
	}
	if c.all {
		s.ep.SocketOptions().SetReceivePacketInfo(true)
		s.ep.SocketOptions().SetIPv6ReceivePacketInfo(true)
	}
	return c
}

// ReadFromUDPAddrPort reads one datagram; what does not fit into b is lost.
func (c *UDPConn) ReadFromUDPAddrPort(b []byte) (n int, from netip.AddrPort, err error) {
	c.reading.use.Lock()
	defer c.reading.use.Unlock()
	failed, err := c.try(&c.reading, func() tcpip.Error {
		to := tcpip.SliceWriter(b)
		result, err := c.ep.Read(&to, tcpip.ReadOptions{NeedRemoteAddr: true})
		if _, full := err.(*tcpip.ErrBadBuffer); full && len(b) == 0 {
			err = nil
		}
		if err == nil {
			n, from = result.Count, c.host.addrPort(result.RemoteAddr)
			if c.all && c.host.several.Load() {
				c.remember(from, &result.ControlMessages)
			}
		}
		return err
	})
	if failed != nil {
		err = errno("read", failed)
	}
	return n, from, opError("read", "udp", c.local, c.remote, err)
}

// ReadFrom reads one datagram, whose sender is a *net.UDPAddr.
func (c *UDPConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// Read reads one datagram.
func (c *UDPConn) Read(b []byte) (int, error) {
	n, _, err := c.ReadFromUDPAddrPort(b)
	return n, err
}

// WriteToUDPAddrPort sends one datagram.
func (c *UDPConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if c.remote != nil {
		return 0, opError("write", "udp", c.local, net.UDPAddrFromAddrPort(to), net.ErrWriteToConnected)
	}
	n, err := c.writeTo(b, netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
	if err != nil {
		err = opError("write", "udp", c.local, net.UDPAddrFromAddrPort(to), err)
	}
	return n, err
}

func (c *UDPConn) writeTo(b []byte, to netip.AddrPort) (int, error) {
	if c.all && c.host.several.Load() {
		if local, ok := c.asked.by(to); ok && c.host.has(local) {
			return c.writeFrom(local, b, to)
		}
	}
	full := c.host.fullAddress(to)
	return c.write(b, &full)
}

// WriteTo sends one datagram to a *net.UDPAddr.
func (c *UDPConn) WriteTo(b []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, opError("write", "udp", c.local, to, &net.AddrError{Err: "not a UDP address", Addr: to.String()})
	}
	return c.WriteToUDPAddrPort(b, addr.AddrPort())
}

// Write sends one datagram to the address that was dialed.
func (c *UDPConn) Write(b []byte) (int, error) {
	n, err := c.write(b, nil)
	return n, opError("write", "udp", c.local, c.remote, err)
}

func (c *UDPConn) write(b []byte, to *tcpip.FullAddress) (n int, err error) {
	c.writing.use.Lock()
	defer c.writing.use.Unlock()
	failed, err := c.try(&c.writing, func() tcpip.Error {
		c.toSend.Reset(b)
		_, err := c.ep.Write(&c.toSend, tcpip.WriteOptions{To: to})
		return err
	})
	c.toSend.Reset(nil)
	if failed != nil {
		return 0, errno("write", failed)
	}
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close closes the socket.
func (c *UDPConn) Close() error {
	if !c.close() {
		return opError("close", "udp", c.local, c.remote, net.ErrClosed)
	}
	return nil
}

// LocalAddr is a *net.UDPAddr.
func (c *UDPConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is a *net.UDPAddr, or nil when the socket was not dialed.
func (c *UDPConn) RemoteAddr() net.Addr { return c.remote }

func (h *Host) udpAddr(a tcpip.FullAddress) *net.UDPAddr {
	return net.UDPAddrFromAddrPort(h.addrPort(a))
}
