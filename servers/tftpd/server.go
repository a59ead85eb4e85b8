package tftpd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/tftp"
)

// Server gives away the files of a folder. It needs Root or FS; what else is zero
// has the default that stands beside it.
type Server struct {
	// Addr is where requests come to; ":69". A host with several addresses
	// needs a server for each: answers come from a socket of their own, which
	// does not know at which address the request came in.
	Addr string

	// Root is the folder whose files are served. No name leads out of it, not
	// by "..", nor through a symbolic link (os.Root).
	Root string

	// FS is the content when Root is empty.
	FS fs.FS

	// Writable is the folder, in Root or FS, into which files may be written:
	// "." for everywhere, empty for nowhere. With FS what is written is kept in
	// memory, until Serve returns.
	Writable  string
	Overwrite bool // existing files may be written anew; otherwise that is error 6

	MaxTransfers int   // at once; 1,000; further requests are dropped, and come again
	MaxSize      int64 // of a file that is written, in bytes; 64 MiB, beyond it error 3
	MaxBlock     int   // of the option blksize, in bytes; 65464
	MaxWindow    int   // of the option windowsize, in blocks; 64

	Timeout time.Duration // until a datagram is sent again, the first time; 1 s
	Retries int           // how often it is sent again; 6, which gives up after 39 s

	Transfers *Transfers // tells what is under way; nil: nobody asks

	Log   *slog.Logger // slog.Default()
	Clock clock.Clock  // the machine's
}

// Serve listens at Addr and serves until ctx ends. Transfers that are under way
// then are broken off, and their clients are told.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	d, err := s.open(nw)
	if err != nil {
		return fmt.Errorf("tftpd: %w", err)
	}
	defer d.files.close()
	conn, err := nw.ListenPacket(ctx, "udp", d.Addr)
	if err != nil {
		return fmt.Errorf("tftpd: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer d.running.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer conn.Close()
	d.requests = tftp.NewSocket(conn)
	d.local = localHost(conn)
	defer d.Transfers.show(d)()
	return d.listen(ctx)
}

// desk is a server that serves: all options have values, the files are open.
type desk struct {
	Server
	nw       netx.Network
	files    store
	requests tftp.Socket // at port 69
	local    netip.Addr  // the address to answer from; invalid: any

	running sync.WaitGroup
	slots   chan struct{} // one is taken by each transfer,
	parting chan struct{} // and one of these while it lingers

	mu     sync.Mutex
	active map[netip.AddrPort]*conversation // by the client's TID
}

func (s *Server) open(nw netx.Network) (*desk, error) {
	d := &desk{Server: *s, nw: nw, active: make(map[netip.AddrPort]*conversation)}
	d.Addr = cmp.Or(d.Addr, ":69")
	d.MaxTransfers = cmp.Or(d.MaxTransfers, 1_000)
	d.MaxSize = cmp.Or(d.MaxSize, 64<<20)
	d.MaxBlock = cmp.Or(d.MaxBlock, tftp.MaxBlock)
	d.MaxWindow = cmp.Or(d.MaxWindow, 64)
	d.Timeout = cmp.Or(d.Timeout, time.Second)
	d.Retries = cmp.Or(d.Retries, 6)
	d.Log = cmp.Or(d.Log, slog.Default())
	d.Clock = clock.Or(s.Clock)
	d.slots = make(chan struct{}, d.MaxTransfers)
	d.parting = make(chan struct{}, d.MaxTransfers)
	var err error
	d.files, err = s.openStore(d.Log)
	return d, err
}

func localHost(conn net.PacketConn) netip.Addr {
	udp, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok || udp.IP.IsUnspecified() {
		return netip.Addr{}
	}
	return udp.AddrPort().Addr().Unmap()
}

// listen takes one request after another, and gives each a goroutine.
func (d *desk) listen(ctx context.Context) error {
	const manyFaults = 100 // in a row: the socket is broken
	packet := make([]byte, tftp.MaxRequest+1)
	for faults := 0; faults < manyFaults; {
		n, from, err := d.requests.ReadFromUDPAddrPort(packet)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if faults++; faults == manyFaults || errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("tftpd: %w", err)
			}
			continue
		}
		faults = 0
		d.admit(ctx, packet[:n], from)
	}
	return nil
}

// admit starts the conversation that a datagram asks for, if there is room. Who
// is not admitted hears nothing, and will ask again.
func (d *desk) admit(ctx context.Context, packet []byte, from netip.AddrPort) {
	c := d.newConversation(packet, from)
	if c == nil || d.isDuplicate(c) {
		return
	}
	select {
	case d.slots <- struct{}{}:
	default:
		d.Log.Warn("tftpd: too many transfers", "client", c.Peer)
		return
	}
	ctx, c.cancel = context.WithCancelCause(ctx)
	d.enter(c)
	d.running.Go(func() {
		defer c.cancel(nil)
		netx.Guard(ctx, d.Log, "transfer with "+c.Peer.String(), func() { c.hold(ctx) })
		c.leave()
	})
}

// isDuplicate reports whether c's request has been admitted already: it was
// doubled on the way, or our first answer was lost or slow, and will be sent
// again. A client that has spoken since may have begun anew. Such a client asks
// again and again, and says nothing else; where this happened twice, and not at
// once, it is believed.
func (d *desk) isDuplicate(c *conversation) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	other := d.active[c.Peer]
	if other == nil || other.packet != c.packet {
		return false
	}
	if other.Heard.Swap(false) {
		other.repeated = d.Clock.Now()
		return true
	}
	return other.repeated.IsZero() || d.Clock.Now().Sub(other.repeated) < d.Timeout
}

// enter makes c the conversation with its client. A port has one transfer: an
// older one must end before it disturbs this one with what it sends again.
func (d *desk) enter(c *conversation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if other := d.active[c.Peer]; other != nil {
		other.cancel(tftp.ErrSuperseded)
	}
	d.active[c.Peer] = c
}

// leave gives back the place of a transfer, once.
func (c *conversation) leave() {
	if c.left {
		return
	}
	c.left = true
	c.desk.mu.Lock()
	if c.desk.active[c.Peer] == c {
		delete(c.desk.active, c.Peer)
	}
	c.desk.mu.Unlock()
	<-c.desk.slots
}
