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
	s := search{
		zones: a.zones.Load(),
		asked: q.Name,
		name:  canonical(q.Name),
		qtype: q.Qtype,
		reply: new(dns.Msg),
	}
	s.run()
	return s.reply
}

func refused() *dns.Msg { return &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeRefused}} }

// search is the way to one answer.
type search struct {
	zones *zones
	asked string // the name looked for, as it is to be written in the answer
	name  string // the same, canonical
	qtype uint16
	reply *dns.Msg

	chased map[string]bool // names that were aliases
}

// run takes steps 2 to 6, as often as an alias says to start again.
func (s *search) run() {
	for again := true; again; {
		zone := s.zones.nearest(s.name, s.qtype) // step 2
		if zone == nil {
			if len(s.reply.Answer) == 0 {
				s.reply.Rcode = dns.RcodeRefused // not ours to answer
			}
			return
		}
		content := zone.records.Load()
		if content == nil {
			// A secondary without a copy, or with an expired one.
			s.reply.Rcode = dns.RcodeServerFailure
			return
		}
		again = s.step3(content)
	}
	s.additional() // step 6
}

// step3 matches the name down, label by label, in the zone. It returns true
// when the name turned out to be an alias, and the search goes on for another.
func (s *search) step3(zone *records) (again bool) {
	at := zone.match(s.name, s.qtype)
	switch {
	case at.delegated:
		s.refer(zone, at.name) // step 3 b
	case at.node == nil:
		// Step 3 c, and no wildcard. RFC 6604 §3: also at the end of a chain
		// of aliases the code is about the last name.
		s.reply.Rcode = dns.RcodeNameError
		s.negative(zone)
	case at.renamed:
		return s.rename(at.node.sets[dns.TypeDNAME][0].(*dns.DNAME), at.name)
	default:
		return s.found(zone, at.node) // step 3 a, or 3 c with a wildcard
	}
	return false
}

// found answers from the node that the name leads to.
func (s *search) found(zone *records, n *node) (again bool) {
	if alias := n.sets[dns.TypeCNAME]; len(alias) > 0 && s.qtype != dns.TypeCNAME && s.qtype != dns.TypeANY {
		s.answer(alias)
		return s.follow(alias[0].(*dns.CNAME).Target)
	}
	set := n.sets[s.qtype]
	if s.qtype == dns.TypeANY {
		set = n.any()
	}
	if len(set) == 0 {
		s.negative(zone) // NODATA: the name exists, the type does not
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

// follow makes target the name looked for, unless that goes round in a circle.
func (s *search) follow(target string) (again bool) {
	const longest = 16 // aliases in a row; nobody needs as many
	if s.chased == nil {
		s.chased = make(map[string]bool)
	}
	s.chased[s.name] = true
	s.asked, s.name = target, canonical(target)
	return !s.chased[s.name] && len(s.chased) < longest
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
	if _, ok := dns.IsDomainName(target); !ok {
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
func (s *search) refer(zone *records, cut string) {
	s.reply.Ns = append(s.reply.Ns, zone.lookup(cut, dns.TypeNS)...)
}

// negative says in the authority section for how long "there is no such thing"
// may be remembered: the SOA, its TTL no longer than its MINIMUM (RFC 2308 §3).
func (s *search) negative(zone *records) {
	s.reply.Authoritative = true
	soa := dns.Copy(zone.soa()).(*dns.SOA)
	soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
	s.reply.Ns = append(s.reply.Ns, soa)
}

// additional adds the addresses of the hosts that the reply names (step 6):
// without those of a delegation's servers nobody could go on.
func (s *search) additional() {
	seen := make(map[string]bool)
	for _, section := range [][]dns.RR{s.reply.Answer, s.reply.Ns} {
		for _, rr := range section {
			host, ok := hostNamed(rr)
			if name := canonical(host); ok && !seen[name] {
				seen[name] = true
				s.addresses(name)
			}
		}
	}
}

// hostNamed is the host whose address whoever gets rr will want next.
func hostNamed(rr dns.RR) (string, bool) {
	switch rr := rr.(type) {
	case *dns.NS:
		return rr.Ns, true
	case *dns.MX:
		return rr.Mx, true
	case *dns.SRV:
		return rr.Target, true
	}
	return "", false
}

// addresses adds what is known of host, glue included.
func (s *search) addresses(host string) {
	zone := s.zones.nearest(host, dns.TypeA)
	if zone == nil {
		return
	}
	content := zone.records.Load()
	if content == nil {
		return
	}
	if n := content.nodes[host]; n != nil {
		s.reply.Extra = append(s.reply.Extra, n.sets[dns.TypeA]...)
		s.reply.Extra = append(s.reply.Extra, n.sets[dns.TypeAAAA]...)
	}
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
