package resolver

import (
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// verdict is what a reply comes to: one of the cases of RFC 1034 §5.3.3 step 4.
// If there is neither an answer nor a child, the server is lame: it should
// know, and does not.
type verdict struct {
	answer  *set   // for the name asked: the records, an alias, or nothing
	child   *zone  // a referral
	learned []*set // all of the reply that may be believed, the answer with it
}

// zone is a part of the name tree, and the servers that know it.
type zone struct {
	name    string // in lower case
	servers []nameserver
}

// nameserver is one server of a zone; its addresses may still be unknown.
type nameserver struct {
	name  string // in lower case
	addrs []netip.Addr
}

// mostServers is how many servers of a zone are considered. Thirteen is what
// the root has; hundreds are an attack.
const mostServers = 20

// sifter sorts one reply.
type sifter struct {
	reply  *dns.Msg
	zone   string // that the server was asked as a server of
	now    time.Time
	limits Limits

	verdict
}

// sift judges the reply of a server of zone to the question k, and keeps what
// may be believed. The rule is the bailiwick: a server of example.com knows
// what is in example.com. Whatever else it says, perhaps in order to have it
// remembered, is dropped (RFC 5452 §6).
func sift(reply *dns.Msg, zone string, k key, now time.Time, limits Limits) verdict {
	s := &sifter{reply: reply, zone: zone, now: now, limits: limits}
	switch reply.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
	default:
		return verdict{} // SERVFAIL, REFUSED, …
	}
	if reply.Authoritative {
		s.readAnswer(k)
	}
	if s.answer == nil {
		s.readReferral(k)
	}
	if s.answer != nil {
		s.readAuthority(k)
	}
	return s.verdict
}

// readAnswer follows the answer from the name asked through its aliases, as
// far as this server's zone goes; the walk asks elsewhere for the rest.
func (s *sifter) readAnswer(k key) {
	for hops := 0; hops <= s.limits.Aliases && dns.IsSubDomain(s.zone, k.name); hops++ {
		if found := s.collect(s.reply.Answer, k, answer); found != nil {
			s.learn(found)
			return
		}
		alias := s.collect(s.reply.Answer, key{k.name, dns.TypeCNAME}, answer)
		if alias == nil {
			s.readNothing(k)
			return
		}
		s.learn(alias)
		k.name = dns.CanonicalName(alias.alias())
	}
}

// readNothing reads that there is no such name, or no such record (RFC 2308 §2).
// At the end of a chain of aliases it is the last name that is meant (RFC
// 6604 §2.1), and only an SOA record says that this server knows about that.
func (s *sifter) readNothing(k key) {
	soa := s.soa(k.name)
	if soa == nil && (s.answer != nil || s.refersBelow(k.name) != "") {
		return
	}
	if s.reply.Rcode == dns.RcodeNameError {
		k.rrtype = 0
	}
	s.learn(newNothing(k, s.reply.Rcode, soa, s.now, s.limits.Negative))
}

// learn takes the first set learned from an answer for the answer.
func (s *sifter) learn(found *set) {
	if s.answer == nil {
		s.answer = found
	}
	s.learned = append(s.learned, found)
}

// soa is the SOA record of the zone that name is in, by this server's account.
func (s *sifter) soa(name string) *dns.SOA {
	for _, rr := range s.reply.Ns {
		soa, ok := rr.(*dns.SOA)
		if ok && s.inZone(rr) && dns.IsSubDomain(soa.Hdr.Name, name) {
			return soa
		}
	}
	return nil
}

// refersBelow is the name of the zone that the reply refers to for name: below
// the zone asked, so that each referral is a step down. Any other referral, up
// to the root or to itself, is how a server says that it knows nothing.
func (s *sifter) refersBelow(name string) string {
	for _, rr := range s.reply.Ns {
		owner := dns.CanonicalName(rr.Header().Name)
		if rr.Header().Rrtype == dns.TypeNS && owner != s.zone && s.inZone(rr) && dns.IsSubDomain(owner, name) {
			return owner
		}
	}
	return ""
}

// readReferral reads "ask those": RFC 1034 §5.3.3 step 4b.
func (s *sifter) readReferral(k key) {
	name := s.refersBelow(k.name)
	if name == "" || s.reply.Rcode != dns.RcodeSuccess {
		return
	}
	ns := s.collect(s.reply.Ns, key{name, dns.TypeNS}, referral)
	if ns == nil {
		return
	}
	s.learned = append(s.learned, ns)
	s.child = s.zoneOf(ns)
}

// readAuthority keeps the list of servers that an answer often comes with. It
// is the zone's own, and so better than the one that the parent gave.
func (s *sifter) readAuthority(k key) {
	for _, rr := range s.reply.Ns {
		name := dns.CanonicalName(rr.Header().Name)
		if rr.Header().Rrtype != dns.TypeNS || !dns.IsSubDomain(name, k.name) {
			continue
		}
		if ns := s.collect(s.reply.Ns, key{name, dns.TypeNS}, authority); ns != nil {
			s.learned = append(s.learned, ns)
			s.zoneOf(ns)
		}
		return
	}
}

// zoneOf is the zone that ns is the list of servers of, with the addresses
// that the reply has for them: the glue.
func (s *sifter) zoneOf(ns *set) *zone {
	z := &zone{name: ns.name}
	for _, name := range serverNames(ns) {
		server := nameserver{name: name}
		for _, t := range addressTypes {
			if found := s.collect(s.reply.Extra, key{name, t}, glue); found != nil {
				s.learned = append(s.learned, found)
				server.addrs = append(server.addrs, addresses(found)...)
			}
		}
		z.servers = append(z.servers, server)
	}
	return z
}

// collect makes a set of those records of section that are k's, or nil.
func (s *sifter) collect(section []dns.RR, k key, r rank) *set {
	var rrs []dns.RR
	for _, rr := range section {
		h := rr.Header()
		if (h.Rrtype == k.rrtype || k.rrtype == dns.TypeANY) && s.inZone(rr) && dns.CanonicalName(h.Name) == k.name {
			rrs = append(rrs, rr)
		}
	}
	if len(rrs) == 0 {
		return nil
	}
	return newSet(k, rrs, r, s.now, s.limits.TTL)
}

func (s *sifter) inZone(rr dns.RR) bool {
	h := rr.Header()
	return h.Class == dns.ClassINET && h.Rrtype != dns.TypeOPT && dns.IsSubDomain(s.zone, h.Name)
}

// addressTypes are the types that a server's addresses have.
var addressTypes = []uint16{dns.TypeA, dns.TypeAAAA}

// addresses are the addresses in a set of type A or AAAA.
func addresses(s *set) []netip.Addr {
	var addrs []netip.Addr
	for _, rr := range s.rrs {
		if addr, ok := address(rr); ok && len(addrs) < mostServers {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// serverNames are the names in a set of type NS.
func serverNames(ns *set) []string {
	var names []string
	for _, rr := range ns.rrs {
		host, ok := rr.(*dns.NS)
		if !ok || len(names) == mostServers {
			continue
		}
		if name := dns.CanonicalName(host.Ns); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
