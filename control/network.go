package control

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// A Network is the network as a host sees it that lives in the world of
// another process. Each socket is a connection to that process, which holds
// the real one.
type Network struct {
	Client *Client
	Path   string // where the other side's [Sockets] are; "" is /net
	Host   string // as the world names it
}

var (
	_ netx.Network      = (*Network)(nil)
	_ netx.SourceDialer = (*Network)(nil)
	_ netx.CardBinder   = (*Network)(nil)
	_ netx.Resolver     = (*Network)(nil)
)

// DialContext connects from the host to address.
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return n.dial(ctx, socketRequest{Op: opDial, Network: network, Address: address})
}

// DialFrom connects to address from the host's address and port source.
func (n *Network) DialFrom(ctx context.Context, network, source, address string) (net.Conn, error) {
	return n.dial(ctx, socketRequest{Op: opDialFrom, Network: network, Source: source, Address: address})
}

func (n *Network) dial(ctx context.Context, request socketRequest) (net.Conn, error) {
	f, reply, err := n.open(ctx, request)
	if err != nil {
		return nil, opError("dial", request, err)
	}
	if isDatagram(request.Network) {
		return newDatagrams(f, request.Network, reply), nil
	}
	return newStream(f, request.Network, reply), nil
}

// Listen listens on the host.
func (n *Network) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	request := socketRequest{Op: opListen, Network: network, Address: address}
	f, reply, err := n.open(ctx, request)
	if err != nil {
		return nil, opError("listen", request, err)
	}
	return newListener(n, f, network, reply), nil
}

// ListenPacket opens a packet socket on the host.
func (n *Network) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	return n.listenPacket(ctx, socketRequest{Op: opListenPacket, Network: network, Address: address})
}

// ListenPacketOn opens a packet socket on one card of the host.
func (n *Network) ListenPacketOn(ctx context.Context, card, network, address string) (net.PacketConn, error) {
	return n.listenPacket(ctx, socketRequest{Op: opListenPacketOn, Card: card, Network: network, Address: address})
}

func (n *Network) listenPacket(ctx context.Context, request socketRequest) (net.PacketConn, error) {
	f, reply, err := n.open(ctx, request)
	if err != nil {
		return nil, opError("listen", request, err)
	}
	return newDatagrams(f, request.Network, reply), nil
}

// LookupHost asks the host's stub resolver.
func (n *Network) LookupHost(ctx context.Context, name string) ([]string, error) {
	var reply socketReply
	err := n.Client.Call(ctx, http.MethodPost, n.path(), socketRequest{Host: n.Host, Op: opLookup, Address: name}, &reply)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return reply.Addrs, err
}

func (n *Network) open(ctx context.Context, request socketRequest) (*frames, socketReply, error) {
	var reply socketReply
	request.Host = n.Host
	f, err := n.Client.open(ctx, n.path(), request, &reply)
	return f, reply, err
}

func (n *Network) path() string {
	if n.Path == "" {
		return "/net"
	}
	return n.Path
}

// opError is what package net would say.
func opError(op string, request socketRequest, err error) error {
	e := &net.OpError{Op: op, Net: request.Network, Err: err}
	if at := address(request.Network, request.Address); request.Address != "" {
		e.Addr = at
	}
	return e
}

// A listener's connection announces each accepted connection by a number; a
// connection of its own then fetches it.
type listener struct {
	n       *Network
	f       *frames
	network string
	addr    net.Addr
	accept  sync.Mutex
}

func newListener(n *Network, f *frames, network string, reply socketReply) *listener {
	return &listener{n: n, f: f, network: network, addr: address(network, reply.Local)}
}

func (l *listener) Accept() (net.Conn, error) {
	l.accept.Lock()
	defer l.accept.Unlock()
	for {
		id, err := l.next()
		if err != nil {
			return nil, &net.OpError{Op: "accept", Net: l.network, Addr: l.addr, Err: err}
		}
		f, reply, err := l.n.open(context.Background(), socketRequest{Op: opAccept, ID: id})
		if err != nil {
			continue // it was gone before it could be fetched
		}
		return newStream(f, l.network, reply), nil
	}
}

// next waits for the number of the next connection.
func (l *listener) next() (id string, err error) {
	kind, body, err := l.f.whole()
	if err != nil {
		return "", closed(err)
	}
	defer l.f.r.Discard(headerSize + len(body))
	switch kind {
	case data:
		return string(body), nil
	case failed:
		return "", unpackJSON(body)
	}
	return "", errors.New("control: the other side does not speak as expected")
}

func (l *listener) Close() error {
	if err := l.f.Close(); err != nil {
		return &net.OpError{Op: "close", Net: l.network, Addr: l.addr, Err: net.ErrClosed}
	}
	return nil
}

// SetDeadline is for Accept, as net.TCPListener has it.
func (l *listener) SetDeadline(t time.Time) error { return l.f.SetDeadline(t) }

func (l *listener) Addr() net.Addr { return l.addr }
