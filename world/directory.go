package world

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
)

// directory knows who has which addresses at the moment: for good, as the world
// file says, or for the time of a lease. Ladders take names from it.
type directory struct {
	mu      sync.RWMutex
	entries map[string]*entry     // by short name
	owners  map[netip.Addr]string // who has the address
}

// entry is somebody who has addresses.
type entry struct {
	fqdn     string
	addrs    []netip.Addr
	withdraw func() // takes its records from the DNS; nil: it has none of ours
}

// setAddresses says which addresses the host, router or guest of that short name
// has from now on, instead of those that it had; none means that it has left.
// Its whole name is entered into the DNS with them, and taken away when they
// change, except for hosts whose addresses are in the world file: zone files
// tell theirs. It may be called from any goroutine.
func (w *World) setAddresses(name, fqdn string, addrs []netip.Addr) {
	w.directory.mu.Lock()
	defer w.directory.mu.Unlock()
	for _, addr := range addrs {
		w.takeFromOther(name, addr)
	}
	w.rewrite(name, fqdn, addrs)
}

// takeFromOther makes an address nobody's that somebody else still has: one
// whose lease has ended may be another's before the first one is heard of.
func (w *World) takeFromOther(name string, addr netip.Addr) {
	other, ok := w.directory.owners[addr]
	if !ok || other == name {
		return
	}
	e := w.directory.entries[other]
	rest := slices.DeleteFunc(slices.Clone(e.addrs), func(a netip.Addr) bool { return a == addr })
	w.rewrite(other, e.fqdn, rest)
}

// rewrite replaces an entry. Called with the directory's lock held.
func (w *World) rewrite(name, fqdn string, addrs []netip.Addr) {
	d := &w.directory
	old := d.entries[name]
	if old != nil && old.fqdn == fqdn && slices.Equal(old.addrs, addrs) {
		return
	}
	if old != nil {
		d.remove(name, old)
	}
	if len(addrs) == 0 {
		return
	}
	e := &entry{fqdn: fqdn, addrs: slices.Clone(addrs)}
	if !w.Plan.inZoneFiles(name) {
		e.withdraw = w.publish(fqdn, e.addrs)
	}
	d.add(name, e)
}

func (d *directory) add(name string, e *entry) {
	if d.entries == nil {
		d.entries, d.owners = make(map[string]*entry), make(map[netip.Addr]string)
	}
	d.entries[name] = e
	for _, addr := range e.addrs {
		d.owners[addr] = name
	}
}

func (d *directory) remove(name string, e *entry) {
	delete(d.entries, name)
	for _, addr := range e.addrs {
		delete(d.owners, addr)
	}
	if e.withdraw != nil {
		e.withdraw()
	}
}

// inZoneFiles reports whether the name is that of a host or router whose
// addresses do not change.
func (p *Plan) inZoneFiles(name string) bool {
	h := p.host(name)
	return h != nil && !h.DHCP || p.router(name) != nil
}

// Named is a host, a router or a guest, and its addresses.
type Named struct {
	Name  string
	Addrs []netip.Addr
}

// Names are all who are here, guests included.
func (w *World) Names() []Named {
	w.directory.mu.RLock()
	defer w.directory.mu.RUnlock()
	var all []Named
	for _, name := range slices.Sorted(maps.Keys(w.directory.entries)) {
		all = append(all, Named{name, slices.Clone(w.directory.entries[name].addrs)})
	}
	return all
}

// NameOf is the short name of whoever has the address now, or "".
func (w *World) NameOf(addr netip.Addr) string {
	addr = addr.Unmap()
	w.directory.mu.RLock()
	name, known := w.directory.owners[addr]
	w.directory.mu.RUnlock()
	if !known {
		return w.borrowed()[addr]
	}
	return name
}
