package dnsd

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// pipes is a network of pipes in memory, on which a server's time can be
// testing/synctest's. Every address is another host's.
type pipes struct {
	mu        sync.Mutex
	listeners map[string]*pipeListener
	heard     []netip.AddrPort // whom datagrams were sent to
}

func (p *pipes) Listen(_ context.Context, _, address string) (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listeners == nil {
		p.listeners = make(map[string]*pipeListener)
	}
	ln := &pipeListener{address: address, conns: make(chan net.Conn), closed: make(chan struct{})}
	p.listeners[address] = ln
	return ln, nil
}

func (p *pipes) ListenPacket(context.Context, string, string) (net.PacketConn, error) {
	return &silence{closed: make(chan struct{})}, nil
}

func (p *pipes) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	p.mu.Lock()
	ln := p.listeners[address]
	if network == "udp" {
		p.heard = append(p.heard, netip.MustParseAddrPort(address))
	}
	p.mu.Unlock()
	if ln == nil || network == "udp" {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	ours, theirs := net.Pipe()
	select {
	case ln.conns <- pipeConn{theirs}:
		return ours, nil
	case <-ln.closed:
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// told lists whom datagrams were sent to since it was last asked.
func (p *pipes) told() []netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard
	p.heard = nil
	return heard
}

type pipeListener struct {
	address string
	conns   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return new(net.TCPAddr) }

// pipeConn says that it comes from the secondary.
type pipeConn struct{ net.Conn }

func (pipeConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(secondaryAddr) }

// silence is a socket to which nothing comes.
type silence struct {
	net.PacketConn
	once   sync.Once
	closed chan struct{}
}

func (s *silence) ReadFrom([]byte) (int, net.Addr, error) {
	<-s.closed
	return 0, nil, net.ErrClosed
}
func (s *silence) LocalAddr() net.Addr         { return &net.UDPAddr{Port: 53} }
func (s *silence) SetDeadline(time.Time) error { return nil }
func (s *silence) Close() error                { s.once.Do(func() { close(s.closed) }); return nil }
func (s *silence) SetReadBuffer(int) error     { return nil }
