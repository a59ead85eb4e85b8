package world

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// Addressing is how a guest's card takes part in IP.
type Addressing struct {
	Prefixes []netip.Prefix // its addresses, with the length of the network's prefix
	Gateways []netip.Addr   // its default routers, at most one of each family
}

func (a Addressing) equal(b Addressing) bool {
	return slices.Equal(a.Prefixes, b.Prefixes) && slices.Equal(a.Gateways, b.Gateways)
}

func (a Addressing) addrs() []netip.Addr {
	var addrs []netip.Addr
	for _, prefix := range a.Prefixes {
		addrs = append(addrs, prefix.Addr())
	}
	return addrs
}

func (a Addressing) withoutIPv4() Addressing {
	return Addressing{
		Prefixes: slices.DeleteFunc(slices.Clone(a.Prefixes), func(p netip.Prefix) bool { return p.Addr().Is4() }),
		Gateways: slices.DeleteFunc(slices.Clone(a.Gateways), netip.Addr.Is4),
	}
}

// ErrNoAddress is the error for a guest to whom no DHCP server lends an address.
var ErrNoAddress = errors.New("no address")

// patience is how long a guest waits for its first address: four messages of a
// DHCP client, which doubles its pauses, fit into it.
const patience = 30 * time.Second

// Addressing waits for the guest's addresses, when it is called for the first
// time, and then each time until they have changed: by a renewal that gives
// another address, or by a lease that ends. Changes that come while nobody
// waits are told as one. A guest whose addresses are fixed has them at once.
//
// The error is [ErrNoAddress] when no DHCP server has lent the first address
// within half a minute.
func (g *Guest) Addressing(ctx context.Context) (Addressing, error) {
	if now, ok := g.now.take(); ok {
		return now, nil
	}
	if !g.now.isFirst() {
		return g.now.wait(ctx)
	}
	limited, stop := clock.WithTimeout(ctx, g.world.clock, patience)
	defer stop()
	now, err := g.now.wait(limited)
	if err != nil && ctx.Err() == nil {
		return now, fmt.Errorf("%w for %s: no DHCP server on %s has lent it one in %v. Is one running (wirebook ps), "+
			"and has it addresses left (wirebook leases)? Without an address: --no-address", ErrNoAddress, g.Name, g.Network.Name, patience)
	}
	return now, err
}

// latest is the newest of a guest's addressings. One goroutine reads it.
type latest struct {
	mu      sync.Mutex
	value   Addressing
	version int           // counts the values; 0: there is none yet
	taken   int           // the newest version that was read
	changed chan struct{} // closed at the next change; nil: nobody waits
}

func (l *latest) set(a Addressing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.version > 0 && a.equal(l.value) {
		return
	}
	l.value = a
	l.version++
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// take returns the newest value, if it was not read yet.
func (l *latest) take() (Addressing, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	new := l.version > l.taken
	l.taken = l.version
	return l.value, new
}

func (l *latest) isFirst() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.version == 0
}

// wait waits until there is a value to take.
func (l *latest) wait(ctx context.Context) (Addressing, error) {
	for {
		changed := l.waiting()
		if now, ok := l.take(); ok {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Addressing{}, ctx.Err()
		}
	}
}

func (l *latest) waiting() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.changed
}
