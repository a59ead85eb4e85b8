package main

import (
	"context"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/world"
)

// ownLAN is a lan in a world that was started for one program.
type ownLAN struct {
	*seat
	world *world.World
	ctx   context.Context
	stop  context.CancelFunc
}

func (a *app) startOwn(ctx context.Context, o runOptions) (lan, error) {
	w, err := o.start(ctx, a, clock.NewMovable())
	if err != nil {
		return nil, err
	}
	s, err := takeSeat(w, o.host)
	if err != nil {
		w.Close()
		return nil, err
	}
	l := &ownLAN{seat: s, world: w}
	l.ctx, l.stop = context.WithCancel(ctx)
	return l, nil
}

func (l *ownLAN) plug(tap *guest.Tap) error {
	l.seat.plug(l.ctx, tap)
	return nil
}

func (l *ownLAN) close() {
	l.stop()
	l.guest.Leave()
	l.world.Close()
}

func (l *ownLAN) observe(ring *frame.Ring) (func(), error) {
	remove := l.world.Internet.Tap(ring)
	return func() {
		l.world.Internet.Settle()
		remove()
	}, nil
}

func (l *ownLAN) names() (wire.Names, error) { return wire.NamesFunc(l.world.NameOf), nil }
