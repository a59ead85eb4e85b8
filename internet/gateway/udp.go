package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

const (
	// idleUDP is RFC 4787's REQ-5: after this a flow is taken for over.
	idleUDP = 5 * time.Minute

	maxFlows    = 256
	maxDatagram = 65535
)

// UDP carries datagrams from one network into another. UDP has no connections,
// so that there is a flow for each address that datagrams come from: a socket
// of its own on the other network, whose replies go back to that address. It
// is what a NAT keeps in its table (the book's §4.3.3).
type UDP struct {
	Address string       // where it listens, on the network that Serve is given
	To      string       // "host:port", on the network Through
	Through netx.Network // where the host is

	Idle      time.Duration  // a flow ends when nothing was sent either way for this; 0 means 5 minutes
	MaxFlows  int            // at once; a further one ends the one that has been idle for longest; 0 means 256
	Listening func(net.Addr) // when not nil, is told the address once the port is open

	Log   *slog.Logger // nil means slog.Default()
	Clock clock.Clock  // nil means the machine's
}

// Serve opens the port and carries datagrams until ctx ends.
func (g *UDP) Serve(ctx context.Context, nw netx.Network) error {
	pc, err := nw.ListenPacket(ctx, "udp", g.Address)
	if err != nil {
		return fmt.Errorf("gateway to %s: %w", g.To, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	flows := &flows{gateway: g, outside: pc, byClient: make(map[string]*flow)}
	defer flows.wait.Wait()
	defer cancel()
	defer pc.Close()
	defer context.AfterFunc(ctx, func() { pc.Close() })()
	if g.Listening != nil {
		g.Listening(pc.LocalAddr())
	}
	return receive(ctx, pc.ReadFrom, func(datagram []byte, from net.Addr) {
		flows.of(ctx, from).send(datagram)
	})
}

// receive calls handle with each datagram, until the socket is closed. An error
// about an earlier datagram, such as "port unreachable", is not the socket's end.
func receive(ctx context.Context, read func([]byte) (int, net.Addr, error), handle func([]byte, net.Addr)) error {
	buf := make([]byte, maxDatagram)
	for failures := 0; ; failures++ {
		n, from, err := read(buf)
		switch {
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		case err == nil:
			failures = 0
			handle(buf[:n], from)
		case failures == 100:
			return fmt.Errorf("gateway: the socket fails again and again: %w", err)
		}
	}
}

// flows are the flows of one gateway.
type flows struct {
	gateway *UDP
	outside net.PacketConn
	wait    sync.WaitGroup

	mu       sync.Mutex
	byClient map[string]*flow
}

// of finds the flow of a client, or begins one.
func (fs *flows) of(ctx context.Context, client net.Addr) *flow {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	key := client.String()
	if f := fs.byClient[key]; f != nil {
		return f
	}
	if len(fs.byClient) >= cmp.Or(fs.gateway.MaxFlows, maxFlows) {
		fs.endOldest()
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &flow{client: client, end: cancel, used: fs.now()}
	fs.byClient[key] = f
	fs.wait.Go(func() {
		defer cancel()
		defer fs.forget(f)
		netx.Guard(ctx, fs.gateway.Log, "datagrams from "+key, func() { fs.serve(ctx, f) })
	})
	return f
}

func (fs *flows) now() time.Time { return clock.Or(fs.gateway.Clock).Now() }

// endOldest makes room for one more flow. Called with mu held.
func (fs *flows) endOldest() {
	var oldest *flow
	var since time.Time
	for _, f := range fs.byClient {
		if used := f.lastUsed(); oldest == nil || used.Before(since) {
			oldest, since = f, used
		}
	}
	delete(fs.byClient, oldest.client.String())
	oldest.end()
}

func (fs *flows) forget(f *flow) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if key := f.client.String(); fs.byClient[key] == f {
		delete(fs.byClient, key)
	}
}

// serve opens the flow's socket on the other network and carries the replies.
func (fs *flows) serve(ctx context.Context, f *flow) {
	g, c := fs.gateway, clock.Or(fs.gateway.Clock)
	conn, err := dial(ctx, c, g.Through, "udp", g.To)
	if err != nil {
		if ctx.Err() == nil {
			cmp.Or(g.Log, slog.Default()).Info("gateway: no way for datagrams", "to", g.To, "for", f.client, "error", err)
		}
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer f.endWhenIdle(c, cmp.Or(g.Idle, idleUDP))()
	f.open(conn, c)

	read := func(b []byte) (int, net.Addr, error) {
		n, err := conn.Read(b)
		return n, nil, err
	}
	receive(ctx, read, func(datagram []byte, _ net.Addr) {
		f.touch(c)
		fs.outside.WriteTo(datagram, f.client)
	})
}
