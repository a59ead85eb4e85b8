package main

import (
	"context"
	"runtime/debug"
	"sync"

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

	following sync.WaitGroup
}

// startOwn starts a world. While its servers come up, the guest's card is made,
// and its DHCP client begins to ask: plug waits for all three.
func (a *app) startOwn(ctx context.Context, o runOptions) (lan, error) {
	// What a world allocates while it starts, it keeps, and most programs end
	// soon after: there is little garbage to look for.
	debug.SetGCPercent(400)
	s := &seat{}
	w, err := o.launch(ctx, a, clock.NewMovable(), s.newcomer(o.joinRequest()))
	if err != nil {
		return nil, err
	}
	s.guest = w.Guest
	l := &ownLAN{seat: s, world: w}
	l.ctx, l.stop = context.WithCancel(ctx)
	return l, nil
}

func (l *ownLAN) plug(ctx context.Context, g *guest.Guest, tap *guest.Tap) error {
	l.seat.plug(l.ctx, tap)
	if err := l.world.Ready(ctx); err != nil {
		return err
	}
	first, err := l.addressing(ctx)
	if err != nil {
		return err
	}
	if err := g.Configure(first); err != nil {
		return err
	}
	l.following.Go(func() {
		for {
			next, err := l.addressing(l.ctx)
			if err != nil || g.Configure(next) != nil {
				return
			}
		}
	})
	return nil
}

func (l *ownLAN) close() {
	l.stop()
	l.following.Wait()
	l.world.Close() // the guest's place is gone with it
}

func (l *ownLAN) observe(ring *frame.Ring) (func(), error) {
	remove := l.world.Internet.Tap(ring)
	return func() {
		l.world.Internet.Settle()
		remove()
	}, nil
}

func (l *ownLAN) names() (wire.Names, error) { return wire.NamesFunc(l.world.NameOf), nil }
