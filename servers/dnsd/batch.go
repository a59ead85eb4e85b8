package dnsd

import (
	"context"
	"net"
	"runtime"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// batchSize is how many datagrams one system call moves. Entering the kernel is
// what costs most in answering a small question; a busy server reads and
// writes many at a time (recvmmsg, sendmmsg).
const batchSize = 64

// batchConn is what both ipv4.PacketConn and ipv6.PacketConn do.
type batchConn interface {
	ReadBatch([]ipv4.Message, int) (int, error)
	WriteBatch([]ipv4.Message, int) (int, error)
}

// batches serves a UDP socket of the kernel.
type batches struct {
	*datagrams
	conn     *net.UDPConn
	batch    batchConn
	wildcard bool // bound to no address: each query tells which one was asked
}

// newBatches returns nil when d's socket is not one of Linux.
func newBatches(d *datagrams) *batches {
	conn, ok := d.conn.(*net.UDPConn)
	if !ok || runtime.GOOS != "linux" {
		return nil
	}
	const room = 4 << 20 // as much as the system grants, for bursts
	conn.SetReadBuffer(room)
	b := &batches{datagrams: d, conn: conn}
	local := addrPort(conn.LocalAddr()).Addr()
	b.wildcard = local.IsUnspecified()
	if local.Is4() {
		pc := ipv4.NewPacketConn(conn)
		b.batch = pc
		if b.wildcard && pc.SetControlMessage(ipv4.FlagDst, true) != nil {
			return nil
		}
		return b
	}
	pc := ipv6.NewPacketConn(conn)
	b.batch = pc
	if b.wildcard && pc.SetControlMessage(ipv6.FlagDst, true) != nil {
		return nil
	}
	return b
}

// loop reads a batch, writes at once all replies that are at hand, and leaves
// the other queries to goroutines.
func (b *batches) loop(ctx context.Context) error {
	in, out := b.messages(), b.messages()
	var (
		q      PlainQuery
		faults failures
	)
	for {
		n, err := b.batch.ReadBatch(in, 0)
		if err != nil {
			if faults.fatal(err) {
				return err
			}
			continue
		}
		faults = 0
		ready := 0
		for i := range in[:n] {
			if b.answer(ctx, &q, &out[ready], &in[i]) {
				ready++
			}
		}
		b.write(out[:ready])
	}
}

// messages makes room for one batch.
func (b *batches) messages() []ipv4.Message {
	ms := make([]ipv4.Message, batchSize)
	for i := range ms {
		ms[i].Buffers = [][]byte{make([]byte, maxQuery)}
		if b.wildcard {
			ms[i].OOB = ipv6.NewControlMessage(ipv6.FlagDst)
		}
	}
	return ms
}

// answer fills out with the reply to in; false means that it is left to a
// goroutine, or that there is none.
func (b *batches) answer(ctx context.Context, q *PlainQuery, out, in *ipv4.Message) bool {
	packet := in.Buffers[0][:in.N]
	from := addrPort(in.Addr)
	oob := b.fromAsked(in.OOB[:in.NN])
	buf := out.Buffers[0]
	if reply := b.atOnce(ctx, q, buf[:0], packet, from); reply != nil {
		out.Buffers[0], out.Addr, out.OOB = reply, in.Addr, oob
		return true
	}
	addr := in.Addr.(*net.UDPAddr)
	b.wait(ctx, packet, from, func(reply []byte) error {
		_, _, err := b.conn.WriteMsgUDP(reply, oob, addr)
		return err
	})
	return false
}

// write sends ms. One that cannot be sent is lost, as datagrams are.
func (b *batches) write(ms []ipv4.Message) {
	for len(ms) > 0 {
		n, err := b.batch.WriteBatch(ms, 0)
		if err != nil {
			n = max(n, 0) + 1
		}
		ms = ms[min(n, len(ms)):]
	}
}

// fromAsked is the control message that makes a reply leave from the address
// that oob says was asked: a reply from any other is not one to the asker.
func (b *batches) fromAsked(oob []byte) []byte {
	if !b.wildcard {
		return nil
	}
	var six ipv6.ControlMessage
	if six.Parse(oob) == nil && six.Dst != nil {
		if six.Dst.To4() == nil {
			return (&ipv6.ControlMessage{Src: six.Dst, IfIndex: zone(six)}).Marshal()
		}
		return (&ipv4.ControlMessage{Src: six.Dst}).Marshal()
	}
	var four ipv4.ControlMessage
	if four.Parse(oob) == nil && four.Dst != nil {
		return (&ipv4.ControlMessage{Src: four.Dst}).Marshal()
	}
	return nil
}

// zone is the card that a link-local address belongs to.
func zone(m ipv6.ControlMessage) int {
	if m.Dst.IsLinkLocalUnicast() {
		return m.IfIndex
	}
	return 0
}
