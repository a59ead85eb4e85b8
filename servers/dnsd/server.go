package dnsd

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Server receives queries over UDP and TCP and sends what its Role answers.
// Only Role must be set.
type Server struct {
	// Addr is the address to listen on, for UDP and TCP alike, such as
	// "192.0.2.53:53"; empty means ":53". With port 0 both get the same free
	// port. Each reply leaves from the address that was asked, also when Addr
	// names no address, on the operating system's network under Linux;
	// elsewhere a host with several addresses needs a server for each.
	Addr string

	// Role answers.
	Role Role

	// UDPSize is the longest datagram sent to those who can take more than
	// 512 bytes; 0 means 1232, which fits an IPv6 packet on any path.
	UDPSize int

	// IdleTimeout is how long a TCP connection may say nothing, and how long
	// one message on it may take; 0 means 10 seconds (RFC 7766 §6.2.3). It
	// is a tenth of that while more than half of MaxConns are open.
	IdleTimeout time.Duration

	// MaxConns is how many TCP connections may be open at once; 0 means 2,000.
	MaxConns int

	// MaxPipelined is how many queries of one TCP connection are answered at
	// once; further ones stay unread. 0 means 32.
	MaxPipelined int

	// MaxPending is how many queries over UDP may be waiting for Role's
	// Answer; further ones are dropped, and the askers will ask again. 0 means
	// 4,096.
	MaxPending int

	// Version is told to those who ask for version.bind in class CH; when
	// it is empty they are refused.
	Version string

	Log   *slog.Logger // nil means slog.Default()
	Clock clock.Clock  // nil means clock.System
}

const (
	defaultAddr         = ":53"
	defaultUDPSize      = 1232
	defaultIdleTimeout  = 10 * time.Second
	defaultMaxConns     = 2_000
	defaultMaxPipelined = 32
	defaultMaxPending   = 4_096
)

// Serve answers on nw until ctx ends, and then returns nil. It returns an error
// when it cannot listen, or when a socket or the role's own work failed.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	if s.Role == nil {
		return errors.New("dnsd: the server has no role")
	}
	packets, listener, err := s.listen(ctx, nw)
	if err != nil {
		return err
	}
	parts := []func(context.Context) error{
		func(ctx context.Context) error { return s.servePackets(ctx, packets) },
		func(ctx context.Context) error { return s.serveStreams(ctx, listener) },
	}
	if role, ok := s.Role.(Runner); ok {
		parts = append(parts, func(ctx context.Context) error { return role.Run(ctx, nw) })
	}
	return together(ctx, parts...)
}

// listen opens both sockets on the same port.
func (s *Server) listen(ctx context.Context, nw netx.Network) (net.PacketConn, net.Listener, error) {
	addr := cmp.Or(s.Addr, defaultAddr)
	const tries = 10 // a free UDP port may be taken for TCP
	for try := 1; ; try++ {
		packets, err := nw.ListenPacket(ctx, "udp", addr)
		if err != nil {
			return nil, nil, err
		}
		listener, err := nw.Listen(ctx, "tcp", withPort(addr, packets.LocalAddr()))
		if err == nil {
			return packets, listener, nil
		}
		packets.Close()
		if !chosenPort(addr) || try == tries {
			return nil, nil, err
		}
	}
}

// withPort is addr with the port that the socket bound to local has.
func withPort(addr string, local net.Addr) string {
	udp, ok := local.(*net.UDPAddr)
	host, _, err := net.SplitHostPort(addr)
	if !ok || err != nil {
		return addr
	}
	return net.JoinHostPort(host, strconv.Itoa(udp.Port))
}

// chosenPort reports whether addr leaves the port to the system.
func chosenPort(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	return err == nil && port == "0"
}

// together runs all parts at once. The first that fails ends the others, and
// its error is returned when all have ended.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wait  sync.WaitGroup
		once  sync.Once
		first error
	)
	for _, part := range parts {
		wait.Go(func() {
			if err := part(ctx); err != nil {
				once.Do(func() { first = err })
				cancel()
			}
		})
	}
	wait.Wait()
	return first
}

func (s *Server) log() *slog.Logger { return cmp.Or(s.Log, slog.Default()) }

// udpSize is the limit of datagrams, in the range that makes sense for EDNS.
func (s *Server) udpSize() int {
	return min(max(cmp.Or(s.UDPSize, defaultUDPSize), minSize), maxMessage)
}
