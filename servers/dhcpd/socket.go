package dhcpd

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"

	"golang.org/x/net/ipv4"

	"github.com/wirebook/wirebook/netx"
)

// socket is what both the kernel's and a virtual host's UDP sockets can.
type socket interface {
	net.PacketConn
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
}

// next waits for a message and hears it.
func (c *conversation) next(ctx context.Context) error {
	n, _, err := c.conn.ReadFromUDPAddrPort(c.buffer[:])
	if err == nil {
		c.guard(ctx, c.buffer[:n])
	}
	return err
}

// nextBatch waits for a message, and hears all that have come by then.
func (c *conversation) nextBatch(ctx context.Context) error {
	messages, err := c.batch.read()
	for _, m := range messages {
		c.guard(ctx, m.Buffers[0][:m.N])
	}
	return err
}

func (c *conversation) guard(ctx context.Context, message []byte) {
	netx.Guard(ctx, c.Log, "message", func() { c.hear(ctx, message) })
}

// datagram is a message on its way out.
type datagram struct {
	to      netip.AddrPort
	message []byte
}

// post puts a reply among those that leave when what has come in is answered.
func (c *conversation) post(all ...datagram) { c.out = append(c.out, all...) }

// deliver sends what was posted.
func (c *conversation) deliver() {
	c.mu.Lock()
	out := c.out
	c.out = nil
	c.mu.Unlock()
	c.send(out...)
}

// send sends all, in as few system calls as the socket can.
func (c *conversation) send(all ...datagram) {
	if c.batch != nil {
		c.batch.send(all, c.unsent)
		return
	}
	for _, d := range all {
		_, err := c.conn.WriteToUDPAddrPort(d.message, d.to)
		c.unsent(d.to, err)
	}
}

func (c *conversation) unsent(to any, err error) {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		c.log().Warn("reply not sent", "to", to, "error", err)
	}
}

// batch is a socket that moves many datagrams with one system call (recvmmsg,
// sendmmsg): entering the kernel costs more than a message of DHCP does there.
type batch struct {
	conn *ipv4.PacketConn
	in   []ipv4.Message

	mu  sync.Mutex // for what follows: ACKs come from the goroutine of the book
	out []ipv4.Message
	to  []net.UDPAddr
}

const batchSize = 64

// newBatch returns nil when conn is not a socket of Linux.
func newBatch(conn net.PacketConn) *batch {
	udp, ok := conn.(*net.UDPConn)
	if !ok || runtime.GOOS != "linux" {
		return nil
	}
	const room = 1 << 20 // as much as the system grants, for a campus whose power comes back
	udp.SetReadBuffer(room)
	b := &batch{
		conn: ipv4.NewPacketConn(udp), in: make([]ipv4.Message, batchSize),
		out: make([]ipv4.Message, batchSize), to: make([]net.UDPAddr, batchSize),
	}
	for i := range batchSize {
		b.in[i].Buffers = [][]byte{make([]byte, maxMessage)}
		b.out[i].Buffers = make([][]byte, 1)
		b.out[i].Addr = &b.to[i]
	}
	return b
}

// read waits for one datagram, and takes what else is there.
func (b *batch) read() ([]ipv4.Message, error) {
	n, err := b.conn.ReadBatch(b.in, 0)
	return b.in[:max(n, 0)], err
}

// send sends all; what cannot be sent is reported to unsent, and left out.
func (b *batch) send(all []datagram, unsent func(to any, err error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(all) > 0 {
		count := min(len(all), batchSize)
		for i, d := range all[:count] {
			ip := d.to.Addr().As4()
			b.to[i].IP, b.to[i].Port = append(b.to[i].IP[:0], ip[:]...), int(d.to.Port())
			b.out[i].Buffers[0] = d.message
		}
		n, err := b.conn.WriteBatch(b.out[:count], 0)
		if err != nil {
			unsent(all[0].to, err)
			n = 1 // the others have done nothing
		}
		all = all[n:]
	}
}
