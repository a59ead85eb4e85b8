package dnsd

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dnsd/names"
)

// Authority is the authoritative role: it answers for its zones, from what it
// knows itself, and asks nobody (RFC 1034 §4.3). The zero value has no zone and
// refuses everything.
type Authority struct {
	// AllowTransfer are those who may have whole zones; nil means nobody.
	AllowTransfer []netip.Prefix

	// Notify are secondaries to notify when a zone changes, beside those that
	// the zone's own NS records and addresses name, which are told at port 53.
	Notify []netip.AddrPort

	Log   *slog.Logger // nil means slog.Default()
	Clock clock.Clock  // nil means clock.System

	changing    sync.Mutex
	zones       atomic.Pointer[zones]
	secondaries map[string]*secondary
	started     func(*secondary) // set while Run runs
	turn        chan struct{}    // holds a token while Run runs

	packed  packedReplies
	notices notices
}

var (
	_ Role       = (*Authority)(nil)
	_ Runner     = (*Authority)(nil)
	_ FastRole   = (*Authority)(nil)
	_ Transferer = (*Authority)(nil)
	_ Notifiable = (*Authority)(nil)
)

// zones are the zones of an Authority by name; a set is never changed, only
// replaced.
type zones map[string]*Zone

// nearest returns the zone that is the nearest ancestor of name, or nil.
func (zs *zones) nearest(name string, qtype uint16) *Zone {
	if zs == nil {
		return nil
	}
	var own *Zone
	for above := range names.Up(name) {
		zone, ok := (*zs)[above]
		if !ok {
			continue
		}
		if qtype == dns.TypeDS && above == name && name != "." {
			own = zone // the parent zone, if it is here too, has the DS record
			continue
		}
		return zone
	}
	return own
}

// AddZone begins to answer for z, in the place of a zone of the same name.
func (a *Authority) AddZone(z *Zone) {
	a.changing.Lock()
	defer a.changing.Unlock()
	a.put(z)
}

// put makes z one of the zones. Called with changing held.
func (a *Authority) put(z *Zone) {
	next := a.copyZones()
	if old, ok := next[z.name]; ok {
		a.drop(old)
	}
	next[z.name] = z
	a.zones.Store(&next)
	z.watch(a)
	a.changed(z)
}

// RemoveZone stops answering for the zone of that name.
func (a *Authority) RemoveZone(name string) {
	a.changing.Lock()
	defer a.changing.Unlock()
	next := a.copyZones()
	if old, ok := next[canonical(name)]; ok {
		a.drop(old)
	}
	delete(next, canonical(name))
	a.zones.Store(&next)
	a.packed.forget()
}

// drop ends what is done for z. Called with changing held.
func (a *Authority) drop(z *Zone) {
	z.unwatch(a)
	if s, ok := a.secondaries[z.name]; ok {
		s.remove()
		delete(a.secondaries, z.name)
	}
}

func (a *Authority) copyZones() zones {
	if old := a.zones.Load(); old != nil {
		return maps.Clone(*old)
	}
	return make(zones)
}

// Zone returns the zone of that name, or nil.
func (a *Authority) Zone(name string) *Zone {
	if zs := a.zones.Load(); zs != nil {
		return (*zs)[canonical(name)]
	}
	return nil
}

// Zones are the zones that the server answers for, by name.
func (a *Authority) Zones() []*Zone {
	zs := a.copyZones()
	return slices.SortedFunc(maps.Values(zs), func(a, b *Zone) int { return strings.Compare(a.name, b.name) })
}

// AddSecondary begins to answer for a zone whose records come from its
// primaries, which are asked in this order. Until the first transfer
// is done, which takes a running Run, the answer is SERVFAIL.
func (a *Authority) AddSecondary(name string, primaries ...netip.AddrPort) error {
	if !isName(dns.Fqdn(name)) || len(primaries) == 0 {
		return fmt.Errorf("dnsd: secondary of %q: needs a domain name and a primary", name)
	}
	a.changing.Lock()
	defer a.changing.Unlock()
	z := &Zone{name: canonical(name), copied: true}
	if _, ok := a.secondaries[z.name]; ok {
		return fmt.Errorf("dnsd: is a secondary of %s already", z.name)
	}
	s := newSecondary(a, z, primaries)
	if a.secondaries == nil {
		a.secondaries = make(map[string]*secondary)
	}
	a.put(z)
	a.secondaries[z.name] = s
	if a.started != nil {
		a.started(s)
	}
	return nil
}

// Run keeps the secondary zones fresh, and notifies of changes, until ctx ends.
// When several servers share the role, one of them does this at a time.
func (a *Authority) Run(ctx context.Context, nw netx.Network) error {
	a.changing.Lock()
	if a.turn == nil {
		a.turn = make(chan struct{}, 1)
	}
	a.changing.Unlock()
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return nil
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	run := func(s *secondary) {
		wait.Go(func() {
			netx.Guard(ctx, a.Log, "secondary of "+s.zone.name, func() { s.run(ctx, nw) })
		})
	}
	a.changing.Lock()
	a.started = run
	for _, s := range a.secondaries {
		run(s)
	}
	for _, z := range a.copyZones() {
		a.notices.post(z) // they may have missed what changed while we were away
	}
	a.changing.Unlock()
	defer func() {
		a.changing.Lock()
		a.started = nil
		a.changing.Unlock()
	}()
	a.notifyAll(ctx, nw)
	return nil
}

// changed is called after z was replaced.
func (a *Authority) changed(z *Zone) {
	a.packed.forget()
	a.notices.post(z)
}

// allowed reports whether from may have whole zones.
func (a *Authority) allowed(from netip.AddrPort) bool {
	return slices.ContainsFunc(a.AllowTransfer, func(p netip.Prefix) bool { return p.Contains(from.Addr()) })
}

func (a *Authority) log() *slog.Logger { return cmp.Or(a.Log, slog.Default()) }
