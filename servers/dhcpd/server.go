package dhcpd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Server lends addresses. ID and Networks must be set.
type Server struct {
	// Card is the network card whose LAN is served, such as "eth0"; the
	// network must then be a [netx.CardBinder]. Empty means that Addr alone
	// tells where to listen, which is enough to serve relay agents.
	Card string

	// Addr is the address to listen on; empty means ":67". A socket bound to
	// one address of a kernel hears no broadcasts.
	Addr string

	// ID is this server's own address on the LAN, its server identifier
	// (RFC 2132 §9.7): clients name it to say whose offer they take.
	ID netip.Addr

	// Networks are the LAN that ID is on, and those behind relay agents.
	Networks []Network

	// Dir is the folder of the file in which leases outlive the server, and
	// File its name; "" means "leases". Without Dir they live as long as the
	// Server does.
	Dir  *os.Root
	File string

	// Probe reports whether somebody answers at addr before ctx ends: a ping.
	// It is asked before an address is offered that its client does not hold
	// already (RFC 2131 §2.2). nil means that nobody is asked.
	Probe func(ctx context.Context, addr netip.Addr) bool

	// ProbeWait is how long Probe may take; 0 means half a second.
	ProbeWait time.Duration

	// MaxProbes is how many probes may be under way; clients that come then
	// are not heard, and will ask again. 0 means 256.
	MaxProbes int

	// OfferTime is how long an offered address is kept for the client; 0
	// means 1 minute.
	OfferTime time.Duration

	// Probation is how long an address is left alone that turned out to be
	// in use by a stranger; 0 means 1 hour.
	Probation time.Duration

	Log   *slog.Logger // nil means slog.Default()
	Clock clock.Clock  // nil means clock.System

	mu    sync.Mutex
	pools []*pool // by network; nil before the first Serve
}

const (
	serverPort = 67 // of servers and relay agents (RFC 2131 §4.1)
	clientPort = 68

	defaultProbeWait = 500 * time.Millisecond
	defaultMaxProbes = 256
	defaultOfferTime = time.Minute
	defaultProbation = time.Hour
	maxMessage       = 4096 // bytes that are read of one message
)

// Serve answers on nw until ctx ends, and then returns nil. It returns an error
// when its settings make no sense, when it cannot listen, or when the leases
// cannot be read or stored.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	if err := s.prepare(); err != nil {
		return fmt.Errorf("dhcpd: %w", err)
	}
	book, err := s.openBook()
	if err != nil {
		return fmt.Errorf("dhcpd: leases: %w", err)
	}
	defer book.close()
	conn, err := s.listen(ctx, nw)
	if err != nil {
		return err
	}
	c := &conversation{
		Server: s, conn: conn, batch: newBatch(conn), book: book,
		probes: make(chan struct{}, cmp.Or(s.MaxProbes, defaultMaxProbes)),
	}
	return c.run(ctx)
}

// prepare makes the pools, the first time.
func (s *Server) prepare() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ID.Is4() {
		return fmt.Errorf("the server identifier %v is no IPv4 address", s.ID)
	}
	if len(s.Networks) == 0 {
		return errors.New("there is no network to serve")
	}
	if s.pools != nil {
		return nil
	}
	var pools []*pool
	for i := range s.Networks {
		p, err := newPool(&s.Networks[i], s.ID)
		if err != nil {
			return err
		}
		pools = append(pools, p)
	}
	s.pools = pools
	return nil
}

func (s *Server) listen(ctx context.Context, nw netx.Network) (socket, error) {
	addr := cmp.Or(s.Addr, ":67")
	var conn net.PacketConn
	var err error
	switch binder, ok := nw.(netx.CardBinder); {
	case s.Card == "":
		conn, err = nw.ListenPacket(ctx, "udp4", addr)
	case ok:
		conn, err = binder.ListenPacketOn(ctx, s.Card, "udp4", addr)
	default:
		return nil, fmt.Errorf("dhcpd: sockets of this network cannot be tied to card %s", s.Card)
	}
	if err != nil {
		return nil, err
	}
	sock, ok := conn.(socket)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("dhcpd: a %T is no UDP socket", conn)
	}
	return sock, nil
}

// Leases are the addresses that are lent, offered or were so, network by
// network, in the order of the addresses.
func (s *Server) Leases() []Lease {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Lease
	for _, p := range s.pools {
		all = append(all, p.snapshot(s.now())...)
	}
	return all
}

func (s *Server) now() time.Time { return clock.Or(s.Clock).Now() }

func (s *Server) log() *slog.Logger { return cmp.Or(s.Log, slog.Default()) }
