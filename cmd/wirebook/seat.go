package main

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/world"
)

// seat is a guest's place in a world of this process: its port of the switch
// on one side, its network card on the other.
type seat struct {
	guest *world.Guest
	tap   atomic.Pointer[guest.Tap]
}

// takeSeat joins the world; see [world.World.Join].
func takeSeat(w *world.World, who joinRequest) (*seat, error) {
	s := &seat{}
	g, err := w.Join(*s.newcomer(who))
	s.guest = g
	return s, err
}

func (s *seat) newcomer(who joinRequest) *world.Newcomer {
	return &world.Newcomer{Name: who.Name, NoAddress: who.NoAddress, Deliver: s.deliver}
}

// deliver gives a frame to the card. A card that is not there yet, or no more,
// loses it, as a cable without a computer at its end does.
func (s *seat) deliver(frame []byte) {
	if tap := s.tap.Load(); tap != nil {
		_ = tap.WriteFrame(frame)
	}
}

// plug carries frames between the card and the switch until ctx ends.
func (s *seat) plug(ctx context.Context, tap *guest.Tap) {
	s.tap.Store(tap)
	go func() { _ = guest.Pump(ctx, tap, s.guest.Send) }()
}

// addressing waits for what the card is to be given; see [world.Guest.Addressing].
func (s *seat) addressing(ctx context.Context) (guest.Addressing, error) {
	a, err := s.guest.Addressing(ctx)
	return guest.Addressing{Addrs: a.Prefixes, Gateways: a.Gateways}, err
}

// host is what the guest's own side must know.
func (s *seat) host() guest.Host {
	g := s.guest
	authority, err := g.Authority()
	if err != nil {
		slog.Warn("the guest will trust no server of the world", "error", err)
	}
	return guest.Host{
		Authority:  authority,
		Name:       g.Name,
		MAC:        g.MAC,
		Addressing: guest.Addressing{Addrs: g.Fixed.Prefixes, Gateways: g.Fixed.Gateways},
		Resolver:   g.Resolvers,
		Search:     []string{g.Network.Domain},
	}
}
