package world

import (
	"net/netip"

	"github.com/miekg/dns"
)

// publish gives a name in the DNS to who has come to the world: in the zone
// that the name belongs to, if one of our servers has its file. The function
// that it returns takes the name away again.
func (w *World) publish(fqdn string, addrs []netip.Addr) (withdraw func()) {
	name := dns.Fqdn(fqdn)
	for _, zone := range w.zones {
		if !dns.IsSubDomain(zone.Name(), name) || zone.Name() == "." {
			continue
		}
		var records []dns.RR
		for _, addr := range addrs {
			records = append(records, addressRecord(name, addr))
		}
		if err := zone.Add(records...); err != nil {
			w.log.Warn("no name for a new host", "name", name, "error", err)
			continue
		}
		return func() {
			if err := zone.Remove(name, dns.TypeA, dns.TypeAAAA); err != nil {
				w.log.Warn("the name of a host that left remains", "name", name, "error", err)
			}
		}
	}
	return func() {}
}

// addressRecord is short-lived: the host may leave at any time.
func addressRecord(name string, addr netip.Addr) dns.RR {
	const ttl = 10 // seconds
	header := dns.RR_Header{Name: name, Class: dns.ClassINET, Ttl: ttl}
	if addr.Is4() {
		header.Rrtype = dns.TypeA
		return &dns.A{Hdr: header, A: addr.AsSlice()}
	}
	header.Rrtype = dns.TypeAAAA
	return &dns.AAAA{Hdr: header, AAAA: addr.AsSlice()}
}
