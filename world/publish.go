package world

import (
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/servers/dnsd"
)

// publish gives who has come to the world a name in the DNS, and its addresses
// pointers back to it, as far as our servers have the zones for them. The
// function that it returns takes all that away again.
func (w *World) publish(fqdn string, addrs []netip.Addr) (withdraw func()) {
	name := dns.Fqdn(fqdn)
	var added []func()
	var forward []dns.RR
	for _, addr := range addrs {
		forward = append(forward, addressRecord(name, addr))
		if back, err := dns.ReverseAddr(addr.String()); err == nil {
			pointer := &dns.PTR{Hdr: shortLived(back, dns.TypePTR), Ptr: name}
			added = append(added, w.enter(back, []dns.RR{pointer}))
		}
	}
	added = append(added, w.enter(name, forward))
	return func() {
		for _, remove := range added {
			remove()
		}
	}
}

// enter puts records of one name into its zone.
func (w *World) enter(name string, records []dns.RR) (remove func()) {
	zone := w.zoneOf(name)
	if zone == nil {
		return func() {}
	}
	if slices.ContainsFunc(zone.Records(), func(rr dns.RR) bool { return dns.CanonicalName(name) == dns.CanonicalName(rr.Header().Name) }) {
		// It is somebody else's: they would share it, and lose it when this host leaves.
		w.log.Warn("no name for a new host: the zone file has it", "name", name)
		return func() {}
	}
	if err := zone.Add(records...); err != nil {
		w.log.Warn("no name for a new host", "name", name, "error", err)
		return func() {}
	}
	var types []uint16
	for _, rr := range records {
		types = append(types, rr.Header().Rrtype)
	}
	return func() {
		if err := zone.Remove(name, slices.Compact(types)...); err != nil {
			w.log.Warn("the name of a host that left remains", "name", name, "error", err)
		}
	}
}

// zoneOf is the zone that the name is in: the longest of those that could have
// it. Nothing is entered into the root, or into arpa, which only delegate.
func (w *World) zoneOf(name string) *dnsd.Zone {
	var best *dnsd.Zone
	for _, zone := range w.zones {
		if zone.Name() == "." || zone.Name() == "arpa." || !dns.IsSubDomain(zone.Name(), name) {
			continue
		}
		if best == nil || dns.CountLabel(zone.Name()) > dns.CountLabel(best.Name()) {
			best = zone
		}
	}
	return best
}

func addressRecord(name string, addr netip.Addr) dns.RR {
	if addr.Is4() {
		return &dns.A{Hdr: shortLived(name, dns.TypeA), A: addr.AsSlice()}
	}
	return &dns.AAAA{Hdr: shortLived(name, dns.TypeAAAA), AAAA: addr.AsSlice()}
}

// shortLived is the head of a record that caches soon forget: the host may leave
// at any time.
func shortLived(name string, rrtype uint16) dns.RR_Header {
	const ttl = 10 // seconds
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl}
}
