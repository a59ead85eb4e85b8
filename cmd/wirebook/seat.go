package main

import (
	"context"
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

// takeSeat joins the world under that name; see [world.World.Join].
func takeSeat(w *world.World, name string) (*seat, error) {
	s := &seat{}
	g, err := w.Join(name, "", s.deliver)
	s.guest = g
	return s, err
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

// host is what the guest's own side must know.
func (s *seat) host() guest.Host {
	g := s.guest
	return guest.Host{
		Name:     g.Name,
		MAC:      g.MAC,
		Addrs:    g.Prefixes,
		Gateways: g.Gateways,
		Resolver: g.Resolvers,
		Search:   []string{g.Network.Domain},
	}
}
