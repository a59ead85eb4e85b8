package dhcprelay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"github.com/wirebook/wirebook/netx"
)

// Server is a relay agent. Cards, Upstream and Servers must be set.
type Server struct {
	// Cards are those on the LANs whose clients are relayed.
	Cards []Card

	// Upstream is the card over which the servers are reached.
	Upstream string

	// Servers are the DHCP servers; each gets a copy of every request.
	Servers []netip.Addr

	// MaxHops is how many relay agents a request may have passed; 0 means 4.
	// More than 16 it may not be (RFC 1542 §4.1.1).
	MaxHops int

	Log *slog.Logger // nil means slog.Default()
}

// Card is a card of the router, and the router's address on its LAN.
type Card struct {
	Name string
	Addr netip.Addr
}

const (
	serverPort     = 67
	clientPort     = 68
	defaultMaxHops = 4
	mostHops       = 16
)

// socket is what both the kernel's and a virtual router's UDP sockets can.
type socket interface {
	net.PacketConn
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
}

// Serve relays on nw, whose sockets can be tied to cards, until ctx ends, and
// then returns nil.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	binder, ok := nw.(netx.CardBinder)
	if !ok {
		return errors.New("dhcprelay: sockets of this network cannot be tied to a card")
	}
	if err := s.check(); err != nil {
		return fmt.Errorf("dhcprelay: %w", err)
	}
	r := &relay{Server: s, lans: make(map[netip.Addr]socket)}
	defer r.close()
	var err error
	if r.upstream, err = open(ctx, binder, s.Upstream); err != nil {
		return err
	}
	for _, card := range s.Cards {
		if r.lans[card.Addr], err = open(ctx, binder, card.Name); err != nil {
			delete(r.lans, card.Addr)
			return err
		}
	}
	return r.run(ctx)
}

func (s *Server) check() error {
	if len(s.Servers) == 0 {
		return errors.New("there is no server to relay to")
	}
	seen := make(map[string]bool)
	for _, card := range s.Cards {
		if !card.Addr.Is4() {
			return fmt.Errorf("%v of card %s is no IPv4 address", card.Addr, card.Name)
		}
		if card.Name == s.Upstream || seen[card.Name] {
			return fmt.Errorf("card %s is named twice", card.Name)
		}
		seen[card.Name] = true
	}
	return nil
}

func open(ctx context.Context, nw netx.CardBinder, card string) (socket, error) {
	conn, err := nw.ListenPacketOn(ctx, card, "udp4", fmt.Sprintf(":%d", serverPort))
	if err != nil {
		return nil, err
	}
	sock, ok := conn.(socket)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("dhcprelay: a %T is no UDP socket", conn)
	}
	return sock, nil
}

// run has each socket read by a goroutine of its own. The first that fails ends
// the others.
func (r *relay) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, r.close)
	defer stop()
	var wait sync.WaitGroup
	listen := func(conn socket, lan netip.Addr) {
		wait.Go(func() {
			if err := r.listen(ctx, conn, lan); err != nil {
				cancel(err)
			}
		})
	}
	for lan, conn := range r.lans {
		listen(conn, lan)
	}
	listen(r.upstream, netip.Addr{})
	wait.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (s *Server) log() *slog.Logger { return cmp.Or(s.Log, slog.Default()) }
