package dnsd

import (
	"context"
	"net/netip"

	"github.com/miekg/dns"
)

// Transfer sends a whole zone to those allowed (RFC 5936): the SOA, every other
// record, and the SOA again, so that the receiver knows the end. All of it is
// the zone at one serial, whatever changes meanwhile. To an IXFR, which wants
// only what is new, the whole zone is a valid answer too (RFC 1995 §4); who has
// this serial already gets the SOA alone.
func (a *Authority) Transfer(ctx context.Context, query *dns.Msg, from netip.AddrPort, send func(*dns.Msg) error) error {
	q := query.Question[0]
	zone, rcode := a.transferable(q, from)
	if rcode != dns.RcodeSuccess {
		a.log().Info("transfer refused", "zone", q.Name, "to", from, "because", dns.RcodeToString[rcode])
		return send(&dns.Msg{MsgHdr: dns.MsgHdr{Rcode: rcode}})
	}
	if q.Qtype == dns.TypeIXFR && hasSerial(query, zone.soa().Serial) {
		return send(authoritative(zone.soa()))
	}
	all := append(zone.list(), zone.soa())
	for len(all) > 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n := batch(all)
		if err := send(authoritative(all[:n:n]...)); err != nil {
			return err
		}
		all = all[n:]
	}
	a.log().Info("transferred", "zone", q.Name, "to", from, "serial", zone.soa().Serial)
	return nil
}

// transferable returns what there is of the zone that q names, or why from
// cannot have it.
func (a *Authority) transferable(q dns.Question, from netip.AddrPort) (*records, int) {
	if q.Qclass != dns.ClassINET || !a.allowed(from) {
		return nil, dns.RcodeRefused
	}
	zone := a.Zone(q.Name)
	if zone == nil {
		return nil, dns.RcodeNotAuth
	}
	content := zone.records.Load()
	if content == nil {
		return nil, dns.RcodeServerFailure
	}
	return content, dns.RcodeSuccess
}

// version answers an IXFR over UDP: with the SOA alone, which says "come over
// TCP" to those with an older one (RFC 1995 §2).
func (a *Authority) version(q dns.Question, from netip.AddrPort) *dns.Msg {
	zone, rcode := a.transferable(q, from)
	if rcode != dns.RcodeSuccess {
		return &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: rcode}}
	}
	return authoritative(zone.soa())
}

func authoritative(answer ...dns.RR) *dns.Msg {
	return &dns.Msg{MsgHdr: dns.MsgHdr{Authoritative: true}, Answer: answer}
}

// hasSerial reports whether the asker of an IXFR has serial or a later one; it
// tells its own in the authority section (RFC 1995 §3).
func hasSerial(query *dns.Msg, serial uint32) bool {
	for _, rr := range query.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return !newer(serial, soa.Serial)
		}
	}
	return false
}

// batch is how many of rrs go into one message: as many as fit into 16 KiB,
// as far as a compressed name can point back (RFC 5936 §3.4), and one at least.
func batch(rrs []dns.RR) int {
	const most = 16 << 10
	size := 0
	for n, rr := range rrs {
		size += dns.Len(rr)
		if size > most && n > 0 {
			return n
		}
	}
	return len(rrs)
}
