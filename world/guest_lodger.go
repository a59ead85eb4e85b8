package world

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/world/dhcpcard"
)

// lodger is the DHCP client of a guest. It runs here and not where the guest is,
// by the world's clock: when that is moved ahead, what is due is done in the
// right order. What it says goes over the guest's own cable, with the guest's
// Ethernet address, as if it came from there.
type lodger struct {
	guest  *Guest
	card   *dhcpcard.Card
	client *dhcpc.Client
	cancel context.CancelFunc
	once   sync.Once     // of stop
	done   chan struct{} // closed when the client has ended

	mu    sync.Mutex
	state dhcpc.State
	lease *dhcpc.Lease // what it has now; nil: no address
}

func newLodger(g *Guest) *lodger {
	l := &lodger{guest: g, done: make(chan struct{})}
	l.card = dhcpcard.New(g.MAC, g.Send, g.world.clock)
	l.client = &dhcpc.Client{
		Network: l.card, Card: hostCard, MAC: g.MAC, HostName: g.Name,
		Observe: l.observe, Log: g.world.log, Clock: g.world.clock,
	}
	return l
}

// filter keeps from the guest what is for its client here.
func (l *lodger) filter(deliver func([]byte)) func([]byte) {
	return func(frame []byte) {
		if !l.card.Take(frame) {
			deliver(frame)
		}
	}
}

func (l *lodger) start() {
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	go func() {
		defer close(l.done)
		l.guest.world.awaitDHCP(ctx, l.guest.Network.Name)
		if err := l.client.Run(ctx); err != nil {
			l.guest.world.log.Error("a guest cannot ask for an address", "guest", l.guest.Name, "error", err)
		}
	}()
}

// stop ends the client. A guest that leaves gives its address back, so that the
// names of fifty guests do not use up the pool; it gets the same one again when
// it comes back, unless another guest has needed it. A world that ends gives
// nothing back: its guests are as computers whose power fails.
func (l *lodger) stop(release bool) {
	l.once.Do(func() {
		l.client.Keep = !release
		l.cancel()
	})
	<-l.done
}

// observe is called by the client whenever its state has changed.
func (l *lodger) observe(e dhcpc.Event) {
	l.mu.Lock()
	l.state, l.lease = e.State, e.Lease
	l.mu.Unlock()
	g, now := l.guest, l.guest.Fixed
	if e.Lease == nil {
		l.card.SetRoutes(netip.Prefix{}, netip.Addr{})
		if g.now.isFirst() {
			return // nobody has waited for the news that there is no address yet
		}
	} else {
		router := netip.Addr{}
		now.Prefixes = slices.Concat([]netip.Prefix{e.Lease.Addr}, now.Prefixes)
		if len(e.Lease.Routers) > 0 {
			router = e.Lease.Routers[0]
			now.Gateways = slices.Concat([]netip.Addr{router}, now.Gateways)
		}
		l.card.SetRoutes(e.Lease.Addr, router)
	}
	g.world.setAddresses(g.Name, g.FQDN, now.addrs())
	g.now.set(now)
}
