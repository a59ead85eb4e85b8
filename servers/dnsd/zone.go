package dnsd

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"
)

// Zone is one zone: the names from its apex down to where others were
// delegated (RFC 1034 §4.2). Get one from [ParseZone] or [LoadZone]. Its
// methods may be called from several goroutines while it is being served.
type Zone struct {
	name   string
	copied bool // from a primary: it is changed there

	changing sync.Mutex // one change at a time
	records  atomic.Pointer[records]

	watching sync.Mutex
	watchers map[*Authority]struct{}
}

// Name is the zone's apex, as "example.com.".
func (z *Zone) Name() string { return z.name }

// Serial is the zone's version (RFC 1034 §4.3.5). ok is false while a
// secondary has no copy of the zone.
func (z *Zone) Serial() (serial uint32, ok bool) {
	r := z.records.Load()
	if r == nil {
		return 0, false
	}
	return r.soa().Serial, true
}

// Records lists everything in the zone, the SOA first, then by name.
func (z *Zone) Records() []dns.RR {
	r := z.records.Load()
	if r == nil {
		return nil
	}
	return r.list()
}

// Add puts records into the zone, which keeps them: do not change them after.
// Those that it has already are left as they are.
// Either all of them are added or, with an error, none. The serial goes up, and
// the secondaries are notified.
func (z *Zone) Add(rrs ...dns.RR) error {
	return z.change(func(r *records) error {
		for _, rr := range rrs {
			if rr.Header().Rrtype == dns.TypeSOA {
				return fmt.Errorf("%s: the zone has its SOA already", rr.Header().Name)
			}
			if err := r.add(rr); err != nil {
				return err
			}
		}
		return nil
	})
}

// Remove takes the records of these types away from the name; without types,
// all of them. It is an error when there are none. The serial goes up, and the
// secondaries are notified.
func (z *Zone) Remove(name string, types ...uint16) error {
	return z.change(func(r *records) error { return r.remove(canonical(name), types) })
}

// change applies f to a copy of the zone, and puts the copy in its place with
// the next serial.
func (z *Zone) change(f func(*records) error) error {
	z.changing.Lock()
	defer z.changing.Unlock()
	if z.copied {
		return fmt.Errorf("zone %s is a copy: change it at its primary", z.name)
	}
	old := z.records.Load()
	next := &records{apex: old.apex, nodes: maps.Clone(old.nodes)}
	if err := f(next); err != nil {
		return fmt.Errorf("zone %s: %w", z.name, err)
	}
	if err := next.check(); err != nil {
		return fmt.Errorf("zone %s: %w", z.name, err)
	}
	soa := dns.Copy(next.soa()).(*dns.SOA)
	soa.Serial = nextSerial(soa.Serial)
	next.set(next.apex, []dns.RR{soa})
	z.replace(next)
	return nil
}

// replace puts r in the place of what the zone held; nil means that it holds
// nothing any more.
func (z *Zone) replace(r *records) {
	z.records.Store(r)
	z.watching.Lock()
	watchers := slices.Collect(maps.Keys(z.watchers))
	z.watching.Unlock()
	for _, a := range watchers {
		a.changed(z)
	}
}

func (z *Zone) watch(a *Authority) {
	z.watching.Lock()
	defer z.watching.Unlock()
	if z.watchers == nil {
		z.watchers = make(map[*Authority]struct{})
	}
	z.watchers[a] = struct{}{}
}

func (z *Zone) unwatch(a *Authority) {
	z.watching.Lock()
	defer z.watching.Unlock()
	delete(z.watchers, a)
}
