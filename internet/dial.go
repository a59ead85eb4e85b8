package internet

import (
	"context"
	"net"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// DialContext connects to address. When a name has several addresses it tries
// one after the other.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return h.dial(ctx, network, "", address)
}

// DialFrom connects to address from the address and port of source.
func (h *Host) DialFrom(ctx context.Context, network, source, address string) (net.Conn, error) {
	return h.dial(ctx, network, source, address)
}

func (h *Host) dial(ctx context.Context, network, source, address string) (net.Conn, error) {
	k, err := kindOf(network)
	if err != nil {
		return nil, opError("dial", network, nil, nil, err)
	}
	var local netip.AddrPort
	if source != "" {
		if _, local, err = h.localAddress(ctx, network, source, k.transport); err != nil {
			return nil, opError("dial", network, nil, nil, err)
		}
	}
	host, port, err := splitHostPort(ctx, network, address)
	if err != nil {
		return nil, opError("dial", network, nil, nil, err)
	}
	if host == "" {
		host = "localhost"
	}
	addrs, err := h.resolve(ctx, host, k)
	if err != nil {
		return nil, opError("dial", network, nil, nil, err)
	}
	return h.dialEach(ctx, network, k, local, addrs, port)
}

// dialEach tries the addresses in their order. Its error is that of the first.
func (h *Host) dialEach(ctx context.Context, network string, k kind, local netip.AddrPort, addrs []netip.Addr, port uint16) (net.Conn, error) {
	var first error
	for i, a := range addrs {
		if l := local.Addr(); l.IsValid() && l.Is4() != a.Is4() {
			continue
		}
		remote := netip.AddrPortFrom(a, port)
		conn, err := h.dialOne(ctx, k, local, remote, len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = opError("dial", network, addrOf(k, local), addrOf(k, remote), err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if first == nil {
		return nil, opError("dial", network, addrOf(k, local), nil, &net.AddrError{Err: "no address of the source's family", Addr: local.String()})
	}
	return nil, first
}

// dialOne gives one address its share of the time that is left for as many.
func (h *Host) dialOne(ctx context.Context, k kind, local, remote netip.AddrPort, left int) (net.Conn, error) {
	if until, ok := ctx.Deadline(); ok && left > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(time.Until(until)/time.Duration(left), 2*time.Second))
		defer cancel()
	}
	if ctx.Err() != nil {
		return nil, endOf(ctx)
	}
	ep, events, failed := h.newEndpoint(k, remote.Addr())
	if failed != nil {
		return nil, errno("socket", failed)
	}
	s, err := h.open(ep, events, nil)
	if err != nil {
		return nil, err
	}
	if err := s.connect(ctx, local, remote); err != nil {
		s.close()
		return nil, err
	}
	if k.transport == tcp.ProtocolNumber {
		return newTCPConn(s), nil
	}
	return newUDPConn(s), nil
}

// connect binds the socket where local says so, connects it, and waits until
// it is, or until ctx ends.
func (s *socket) connect(ctx context.Context, local, remote netip.AddrPort) error {
	if local.IsValid() || local.Port() != 0 {
		s.ep.SocketOptions().SetReuseAddress(true) // as netx.OS: FTP's port 20 serves again and again
		if err := s.ep.Bind(s.host.fullAddress(local)); err != nil {
			return errno("bind", err)
		}
	}
	to := s.host.fullAddress(remote)
	if to.Addr.BitLen() == 0 { // 0.0.0.0 and :: mean this host
		to.Addr = loopbackOf(remote.Addr())
	}
	err := s.ep.Connect(to)
	if _, started := err.(*tcpip.ErrConnectStarted); started {
		return s.connected(ctx)
	}
	if err != nil {
		return errno("connect", err)
	}
	return nil
}

func (s *socket) connected(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			s.ep.Abort()
			return endOf(ctx)
		case <-s.writing.ready:
		}
		if s.closed.Load() {
			return net.ErrClosed
		}
		switch state := tcp.EndpointState(s.ep.State()); state {
		case tcp.StateConnecting, tcp.StateSynSent, tcp.StateSynRecv:
			continue
		}
		if err := s.ep.LastError(); err != nil {
			return errno("connect", err)
		}
		return nil
	}
}

func loopbackOf(a netip.Addr) tcpip.Address {
	if a.Is4() {
		return tcpip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return tcpip.AddrFrom16([16]byte{15: 1})
}

func addrOf(k kind, a netip.AddrPort) net.Addr {
	if !a.IsValid() {
		return nil
	}
	if k.transport == tcp.ProtocolNumber {
		return net.TCPAddrFromAddrPort(a)
	}
	return net.UDPAddrFromAddrPort(a)
}
