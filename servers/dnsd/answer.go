package dnsd

import (
	"context"
	"net/netip"

	"github.com/miekg/dns"
)

// Answer answers from the zones, by the algorithm of RFC 1034 §4.3.2, whose
// steps the comments below name. Steps 4 and 5 are a resolver's, step 1 is the
// same for each query: recursion is not available.
func (a *Authority) Answer(_ context.Context, query *dns.Msg, from netip.AddrPort) *dns.Msg {
	q := query.Question[0]
	if q.Qclass != dns.ClassINET {
		return refused()
	}
	if q.Qtype == dns.TypeIXFR {
		return a.version(q, from)
	}
	zone := a.zones.Load().nearest(canonical(q.Name), q.Qtype) // step 2
	if zone == nil {
		return refused() // not ours to answer
	}
	content := zone.records.Load()
	if content == nil {
		// A secondary without a copy, or with an expired one.
		return &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeServerFailure}}
	}
	s := search{zone: content, asked: q.Name, name: canonical(q.Name), qtype: q.Qtype, reply: new(dns.Msg)}
	for s.step3() {
	}
	s.step6()
	return s.reply
}

func refused() *dns.Msg { return &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeRefused}} }

// search is the way to one answer. It stays in one zone: RFC 1034 would follow
// an alias into another zone of the same server, but an asker has no reason to
// believe what it hears there, and asks again (RFC 5452 §6).
type search struct {
	zone  *records
	asked string // the name looked for, as it is to be written in the answer
	name  string // the same, canonical
	qtype uint16
	reply *dns.Msg

	chased map[string]bool // names that were aliases
}

// step3 matches the name down, label by label, in the zone. It returns true
// when the name turned out to be an alias, and the search goes on for another.
func (s *search) step3() (again bool) {
	at := s.zone.match(s.name, s.qtype)
	switch {
	case at.delegated:
		s.refer(at.name) // step 3 b
	case at.node == nil:
		// Step 3 c, and no wildcard. RFC 6604 §3: also at the end of a chain
		// of aliases the code is about the last name.
		s.reply.Rcode = dns.RcodeNameError
		s.negative()
	case at.renamed:
		return s.rename(at.node.sets[dns.TypeDNAME][0].(*dns.DNAME), at.name)
	default:
		return s.found(at.node) // step 3 a, or 3 c with a wildcard
	}
	return false
}

// found answers from the node that the name leads to.
func (s *search) found(n *node) (again bool) {
	set := n.sets[s.qtype]
	if s.qtype == dns.TypeANY {
		set = n.any()
	}
	if alias := n.sets[dns.TypeCNAME]; len(set) == 0 && len(alias) > 0 {
		s.answer(alias)
		return s.follow(alias[0].(*dns.CNAME).Target)
	}
	if len(set) == 0 {
		s.negative() // NODATA: the name exists, the type does not
		return false
	}
	s.answer(set)
	return false
}

// answer puts set into the answer section, under the name that was asked for:
// the same as its own but for upper and lower case, unless it is a wildcard's.
// AA is about the first name in the answer (RFC 1035 §4.1.1), so that it stays
// when a chain of aliases ends at a delegation.
func (s *search) answer(set []dns.RR) {
	s.reply.Authoritative = true
	for _, rr := range set {
		s.reply.Answer = append(s.reply.Answer, renamed(rr, s.asked))
	}
}

// follow makes target the name looked for, unless that leaves the zone. Aliases
// that go round in a circle are an error (RFC 1034 §3.6.2), and so are more in a
// row than anybody needs.
func (s *search) follow(target string) (again bool) {
	const longest = 16
	if s.chased == nil {
		s.chased = make(map[string]bool)
	}
	s.chased[s.name] = true
	s.asked, s.name = target, canonical(target)
	if s.chased[s.name] || len(s.chased) == longest {
		s.reply.Rcode = dns.RcodeServerFailure
		return false
	}
	return dns.IsSubDomain(s.zone.apex, s.name)
}

// rename answers for a name below a DNAME: with that, and with a CNAME made
// from it for those who do not know DNAME (RFC 6672 §3.2).
func (s *search) rename(dname *dns.DNAME, owner string) (again bool) {
	s.reply.Authoritative = true
	s.reply.Answer = append(s.reply.Answer, dname)
	front := s.asked[:labelsFromEnd(s.asked, dns.CountLabel(owner))]
	target := front + dname.Target
	if dname.Target == "." {
		target = front
	}
	if !isName(target) {
		s.reply.Rcode = dns.RcodeYXDomain
		return false
	}
	header := dns.RR_Header{Name: s.asked, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: dname.Hdr.Ttl}
	s.reply.Answer = append(s.reply.Answer, &dns.CNAME{Hdr: header, Target: target})
	if s.qtype == dns.TypeCNAME || s.qtype == dns.TypeANY {
		return false
	}
	return s.follow(target)
}

// refer points to the servers of the zone that was delegated at cut. That is
// not an answer with authority: AA stays off.
func (s *search) refer(cut string) {
	s.reply.Ns = append(s.reply.Ns, s.zone.lookup(cut, dns.TypeNS)...)
}

// negative says in the authority section for how long "there is no such thing"
// may be remembered: the SOA, its TTL no longer than its MINIMUM (RFC 2308 §3).
func (s *search) negative() {
	s.reply.Authoritative = true
	soa := dns.Copy(s.zone.soa()).(*dns.SOA)
	soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
	s.reply.Ns = append(s.reply.Ns, soa)
}

// step6 adds the addresses of the hosts that the reply names, as far as the zone
// knows them, be it only as glue: without those of a delegation's servers
// nobody could go on.
func (s *search) step6() {
	seen := make(map[string]bool)
	for _, section := range [][]dns.RR{s.reply.Answer, s.reply.Ns} {
		for _, rr := range section {
			host := canonical(hostNamed(rr))
			if !seen[host] {
				seen[host] = true
				s.reply.Extra = append(s.reply.Extra, s.zone.lookup(host, dns.TypeA)...)
				s.reply.Extra = append(s.reply.Extra, s.zone.lookup(host, dns.TypeAAAA)...)
			}
		}
	}
}

// hostNamed is the host whose address whoever gets rr will want next, or the
// root, which has none.
func hostNamed(rr dns.RR) string {
	switch rr := rr.(type) {
	case *dns.NS:
		return rr.Ns
	case *dns.MX:
		return rr.Mx
	case *dns.SRV:
		return rr.Target
	}
	return "."
}

// renamed is rr with another owner, or with another way to write the same one.
func renamed(rr dns.RR, owner string) dns.RR {
	if rr.Header().Name == owner {
		return rr
	}
	rr = dns.Copy(rr)
	rr.Header().Name = owner
	return rr
}
