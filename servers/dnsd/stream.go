package dnsd

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/dnsmsg"
)

// serveStreams serves TCP: the same messages, each after its length in two
// bytes (RFC 1035 §4.2.2).
func (s *Server) serveStreams(ctx context.Context, ln net.Listener) error {
	most := cmp.Or(s.MaxConns, defaultMaxConns)
	acceptor := netx.Acceptor{Log: s.Log, MaxConns: most}
	var open atomic.Int64
	return acceptor.Serve(ctx, ln, func(ctx context.Context, conn net.Conn) {
		crowded := int(open.Add(1)) > most/2
		defer open.Add(-1)
		st := &stream{
			server: s,
			conn:   conn,
			from:   addrPort(conn.RemoteAddr()),
			clock:  clock.Or(s.Clock),
			idle:   cmp.Or(s.IdleTimeout, defaultIdleTimeout),
			slots:  make(chan struct{}, cmp.Or(s.MaxPipelined, defaultMaxPipelined)),
		}
		if crowded {
			st.idle /= 10
		}
		st.serve(ctx)
	})
}

// stream is one TCP connection. Its queries are answered side by side, and each
// reply goes out when it is ready: the ID says what it answers (RFC 7766 §6.2.1.1).
type stream struct {
	server *Server
	conn   net.Conn
	from   netip.AddrPort
	clock  clock.Clock
	idle   time.Duration
	slots  chan struct{} // one is taken while a query is being answered

	answering sync.WaitGroup
	writing   sync.Mutex
}

// serve reads queries until the asker has no more, or is silent for too long,
// and returns when all have been answered.
func (st *stream) serve(ctx context.Context) {
	const shortQueries = 512
	in := bufio.NewReaderSize(st.conn, shortQueries)
	defer st.answering.Wait()
	for {
		packet, err := st.read(in)
		if err != nil {
			return
		}
		select {
		case st.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		st.answering.Go(func() {
			defer func() { <-st.slots }()
			netx.Guard(ctx, st.server.Log, "query from "+st.from.String(), func() { st.answer(ctx, packet) })
		})
	}
}

// read reads one message, all of which must come before the time is over.
func (st *stream) read(in *bufio.Reader) ([]byte, error) {
	if err := st.conn.SetReadDeadline(st.clock.Now().Add(st.idle)); err != nil {
		return nil, err
	}
	packet, err := dnsmsg.Read(in)
	if err == nil && len(packet) < headerSize {
		err = errors.New("dnsd: too short for a message")
	}
	return packet, err
}

// answer answers one query. When that breaks off, so does the connection: what
// was sent of a message or of a zone cannot be unsent.
func (st *stream) answer(ctx context.Context, packet []byte) {
	e := &exchange{server: st.server, from: st.from, stream: true, send: st.write}
	if err := e.handle(ctx, packet); err != nil {
		st.server.log().Debug("connection broken off", "from", st.from, "error", err)
		st.conn.Close()
	}
}

func (st *stream) write(reply []byte) error {
	framed := dnsmsg.Framed(reply)
	st.writing.Lock()
	defer st.writing.Unlock()
	if err := st.conn.SetWriteDeadline(st.clock.Now().Add(st.idle)); err != nil {
		return err
	}
	_, err := st.conn.Write(framed)
	return err
}

// addrPort is a socket address as a value, IPv4 always in its own form.
func addrPort(addr net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := addr.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
