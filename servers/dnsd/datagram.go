package dnsd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"

	"github.com/wirebook/wirebook/netx"
)

// maxQuery is the longest datagram read as a query. Nobody needs more than a
// few hundred bytes to ask.
const maxQuery = 4096

// datagrams serves one UDP socket.
type datagrams struct {
	server  *Server
	conn    net.PacketConn
	fast    FastRole      // nil when the role is none
	slots   chan struct{} // one is taken while Role's Answer is waited for
	waiting sync.WaitGroup
}

// servePackets answers what comes to conn until ctx ends.
func (s *Server) servePackets(ctx context.Context, conn net.PacketConn) error {
	d := &datagrams{server: s, conn: conn, slots: make(chan struct{}, cmp.Or(s.MaxPending, defaultMaxPending))}
	d.fast, _ = s.Role.(FastRole)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	defer d.waiting.Wait()
	loops := []func(context.Context) error{d.loop}
	if b := newBatches(d); b != nil {
		loops = nil
		const most = 4 // the socket itself is one at a time
		for range min(runtime.GOMAXPROCS(0), most) {
			loops = append(loops, b.loop)
		}
	}
	err := together(ctx, loops...)
	if ctx.Err() != nil {
		return nil // it was we who closed the socket
	}
	return err
}

// loop reads one query after another: the way that works on every network.
func (d *datagrams) loop(ctx context.Context) error {
	var (
		q      PlainQuery
		in     = make([]byte, maxQuery)
		out    = make([]byte, 0, maxQuery)
		faults failures
	)
	for {
		n, addr, err := d.conn.ReadFrom(in)
		if err != nil {
			if faults.fatal(err) {
				return err
			}
			continue
		}
		faults = 0
		from := addrPort(addr)
		if reply := d.atOnce(ctx, &q, out[:0], in[:n], from); reply != nil {
			d.conn.WriteTo(reply, addr) // a datagram that cannot be sent is a lost datagram
			continue
		}
		d.wait(ctx, in[:n], from, func(reply []byte) error {
			_, err := d.conn.WriteTo(reply, addr)
			return err
		})
	}
}

// atOnce appends the reply to packet to buf, if the role has it at hand.
func (d *datagrams) atOnce(ctx context.Context, q *PlainQuery, buf, packet []byte, from netip.AddrPort) (reply []byte) {
	if d.fast == nil || !q.parse(packet, d.server.udpSize()) {
		return nil
	}
	netx.Guard(ctx, d.server.Log, "quick answer", func() { reply = d.fast.AppendReply(buf, q, from) })
	return reply
}

// wait answers packet in a goroutine of its own, unless too many are waiting.
func (d *datagrams) wait(ctx context.Context, packet []byte, from netip.AddrPort, send func([]byte) error) {
	select {
	case d.slots <- struct{}{}:
	default:
		return
	}
	packet = bytes.Clone(packet)
	d.waiting.Go(func() {
		defer func() { <-d.slots }()
		e := &exchange{server: d.server, from: from, send: send}
		netx.Guard(ctx, d.server.Log, "query from "+from.String(), func() {
			if err := e.handle(ctx, packet); err != nil && ctx.Err() == nil {
				d.server.log().Debug("reply not sent", "to", from, "error", err)
			}
		})
	})
}

// failures counts reads that failed one after another. A single one says little
// (on some systems it tells of a reply that nobody wanted); a hundred mean that
// the socket is broken.
type failures int

func (f *failures) fatal(err error) bool {
	*f++
	return *f > 100 || errors.Is(err, net.ErrClosed)
}
