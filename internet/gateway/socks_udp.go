package gateway

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/wirebook/wirebook/netx"
)

// maxNames is how many names one association remembers the addresses of.
const maxNames = 256

// associate carries datagrams for the client as long as its TCP connection
// lasts (RFC 1928 §7): it gets a port of its own to send them to, each with a
// header that says where to; replies get a header that says where from.
func (c *client) associate(ctx context.Context) error {
	local := netip.AddrPortFrom(addrPort(c.conn.LocalAddr()).Addr(), 0)
	outside, err := c.network.ListenPacket(ctx, "udp", local.String())
	if err != nil {
		c.reply(generalFailure, nil)
		return err
	}
	defer outside.Close()
	inside, err := c.server.Through.ListenPacket(ctx, "udp", ":0")
	if err != nil {
		c.reply(generalFailure, nil)
		return err
	}
	defer inside.Close()
	if err := c.reply(succeeded, outside.LocalAddr()); err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &association{
		client: c, outside: outside, inside: inside,
		owner: addrPort(c.conn.RemoteAddr()).Addr(),
		names: make(map[string]net.Addr),
	}
	var both sync.WaitGroup
	defer both.Wait()
	defer context.AfterFunc(ctx, func() { outside.Close(); inside.Close() })()
	carry := func(doing string, from net.PacketConn, handle func([]byte, net.Addr)) {
		netx.Guard(ctx, c.server.Log, doing, func() { receive(ctx, from.ReadFrom, handle) })
	}
	both.Go(func() {
		carry("SOCKS5 datagrams in", outside, func(b []byte, from net.Addr) { a.in(ctx, b, from) })
	})
	both.Go(func() { carry("SOCKS5 datagrams out", inside, a.out) })
	_, err = io.Copy(io.Discard, c.conn) // the association ends with the connection
	cancel()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// association is the datagrams of one client.
type association struct {
	client          *client
	outside, inside net.PacketConn
	owner           netip.Addr // nobody else may use it
	peer            atomic.Pointer[net.Addr]
	names           map[string]net.Addr // of in's goroutine
}

// in takes a datagram of the client's. What is wrong with one is no reason to
// end the association: it is dropped (§7).
func (a *association) in(ctx context.Context, datagram []byte, from net.Addr) {
	if addrPort(from).Addr() != a.owner {
		return
	}
	to, payload, err := cutHeader(datagram)
	if err != nil {
		return
	}
	a.peer.Store(&from)
	addr, err := a.lookUp(ctx, to)
	if err != nil {
		cmp.Or(a.client.server.Log, slog.Default()).Info("SOCKS5: no way for a datagram", "to", to, "error", err)
		return
	}
	a.inside.WriteTo(payload, addr)
}

// lookUp finds the address on the other network. A socket that is connected
// knows it, whatever kind of network that is, and sends nothing.
func (a *association) lookUp(ctx context.Context, to string) (net.Addr, error) {
	if addr, ok := a.names[to]; ok {
		return addr, nil
	}
	conn, err := dial(ctx, a.client.clock, a.client.server.Through, "udp", to)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if len(a.names) >= maxNames {
		clear(a.names)
	}
	a.names[to] = conn.RemoteAddr()
	return conn.RemoteAddr(), nil
}

// out gives the client a datagram from the other network.
func (a *association) out(datagram []byte, from net.Addr) {
	to := a.peer.Load()
	if to == nil {
		return
	}
	headed := appendAddress([]byte{0, 0, 0}, addrPort(from))
	a.outside.WriteTo(append(headed, datagram...), *to)
}
