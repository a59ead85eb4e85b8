package dnsd

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/servers/dnsd/names"
)

// records is what a zone holds at one moment. It is never changed, only
// replaced, so that an answer or a transfer sees the zone at one serial.
type records struct {
	apex  string
	nodes map[string]*node // by owner name, in lower case
}

// node is one name of the zone: its RRsets, by type. A node without any is an
// empty non-terminal: a name that exists only because one below it does
// (RFC 4592 §2.2.2).
type node struct {
	sets     map[uint16][]dns.RR
	children int // names one label longer
}

// add puts rr into r. It is for a copy that nobody else sees yet.
func (r *records) add(rr dns.RR) error {
	h := rr.Header()
	owner := canonical(h.Name)
	if !dns.IsSubDomain(r.apex, owner) {
		return fmt.Errorf("%s is not in zone %s", h.Name, r.apex)
	}
	if h.Class != dns.ClassINET {
		return fmt.Errorf("%s: class %s in a zone of class IN", h.Name, dns.ClassToString[h.Class])
	}
	if isMeta(h.Rrtype) {
		return fmt.Errorf("%s: a zone has no records of type %s", h.Name, dns.TypeToString[h.Rrtype])
	}
	if err := checkData(rr); err != nil {
		return fmt.Errorf("%s: %w", h.Name, err)
	}
	set := r.lookup(owner, h.Rrtype)
	if slices.ContainsFunc(set, func(other dns.RR) bool { return dns.IsDuplicate(other, rr) }) {
		return nil // RFC 2181 §5: a set has no record twice
	}
	if err := r.fits(owner, h.Rrtype, set); err != nil {
		return err
	}
	r.set(owner, sameTTL(append(set[:len(set):len(set)], rr)))
	return nil
}

// fits says why a record of type t cannot join the others at owner, whose set
// of that type is set.
func (r *records) fits(owner string, t uint16, set []dns.RR) error {
	alone := t == dns.TypeCNAME || t == dns.TypeDNAME || t == dns.TypeSOA
	if alone && len(set) > 0 {
		return fmt.Errorf("%s has a second %s record", owner, dns.TypeToString[t])
	}
	if t == dns.TypeSOA && owner != r.apex {
		return fmt.Errorf("%s has an SOA record, which belongs at %s", owner, r.apex)
	}
	n := r.nodes[owner]
	if n == nil || besideCNAME(t) {
		return nil
	}
	for other := range n.sets {
		if !besideCNAME(other) && other != t && (t == dns.TypeCNAME || other == dns.TypeCNAME) {
			return fmt.Errorf("%s has a CNAME record and other data (RFC 1034 §3.6.2)", owner)
		}
	}
	return nil
}

// checkData packs rr as an answer would. The parser lets records without data
// pass, for the sake of dynamic updates; as an answer they would be nonsense.
func checkData(rr dns.RR) error {
	wire := make([]byte, dns.Len(rr)+maxName) // Len can be short for odd names
	end, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return err
	}
	const fixed = 10 // type, class, TTL, length of the data
	_, name, err := dns.UnpackDomainName(wire, 0)
	if err != nil {
		return err
	}
	t := rr.Header().Rrtype
	mayBeEmpty := t == dns.TypeAPL || t == dns.TypeNULL || dns.TypeToString[t] == ""
	if end == name+fixed && !mayBeEmpty {
		return fmt.Errorf("the %s record has no data", dns.TypeToString[t])
	}
	return nil
}

// besideCNAME reports whether DNSSEC puts records of type t beside a CNAME
// (RFC 4034 §3, §4).
func besideCNAME(t uint16) bool { return t == dns.TypeRRSIG || t == dns.TypeNSEC }

// isMeta reports whether t is a type that only messages have, not zones.
func isMeta(t uint16) bool {
	return t == dns.TypeNone || t == dns.TypeOPT || t >= dns.TypeTKEY && t <= dns.TypeANY
}

// sameTTL gives all records of a set the lowest of their TTLs (RFC 2181 §5.2).
func sameTTL(set []dns.RR) []dns.RR {
	ttl := slices.MinFunc(set, func(a, b dns.RR) int { return cmp.Compare(a.Header().Ttl, b.Header().Ttl) }).Header().Ttl
	for i, rr := range set {
		if rr.Header().Ttl != ttl {
			set[i] = dns.Copy(rr)
			set[i].Header().Ttl = ttl
		}
	}
	return set
}

// set makes set the records of their type at owner, and owner a name of the
// zone, with all names between it and the apex.
func (r *records) set(owner string, set []dns.RR) {
	n := r.ensure(owner)
	n.sets[set[0].Header().Rrtype] = set
}

// ensure returns a copy of the node at owner, which may be changed.
func (r *records) ensure(owner string) *node {
	n, exists := r.nodes[owner]
	switch {
	case exists:
		n = &node{sets: maps.Clone(n.sets), children: n.children}
	default:
		n = &node{sets: make(map[uint16][]dns.RR)}
		if owner != r.apex {
			r.ensure(names.Parent(owner)).children++
		}
	}
	r.nodes[owner] = n
	return n
}

// remove takes types, or all when there are none, away from owner.
func (r *records) remove(owner string, types []uint16) error {
	old, ok := r.nodes[owner]
	if !ok || len(old.sets) == 0 {
		return fmt.Errorf("%s has no records", owner)
	}
	if len(types) == 0 {
		types = slices.Collect(maps.Keys(old.sets))
	}
	n := r.ensure(owner)
	for _, t := range types {
		if t == dns.TypeSOA {
			return errors.New("a zone must keep its SOA")
		}
		if n.sets[t] == nil {
			return fmt.Errorf("%s has no %s record", owner, dns.TypeToString[t])
		}
		delete(n.sets, t)
	}
	r.prune(owner)
	return nil
}

// prune takes owner out of the zone, and each name above it, when nothing holds
// it there any more.
func (r *records) prune(owner string) {
	for owner != r.apex && len(r.nodes[owner].sets) == 0 && r.nodes[owner].children == 0 {
		delete(r.nodes, owner)
		owner = names.Parent(owner)
		r.ensure(owner).children--
	}
}

func (r *records) lookup(owner string, t uint16) []dns.RR {
	if n := r.nodes[owner]; n != nil {
		return n.sets[t]
	}
	return nil
}

// soa is the zone's SOA record; every zone that is served has one.
func (r *records) soa() *dns.SOA {
	return r.lookup(r.apex, dns.TypeSOA)[0].(*dns.SOA)
}

// check says what a zone lacks or contradicts as a whole: it must have its SOA
// and its NS records, and a name server that is in the zone an address.
func (r *records) check() error {
	if len(r.lookup(r.apex, dns.TypeSOA)) == 0 {
		return errors.New("no SOA record at " + r.apex)
	}
	if len(r.lookup(r.apex, dns.TypeNS)) == 0 {
		return errors.New("no NS record at " + r.apex)
	}
	for owner, n := range r.nodes {
		for _, rr := range n.sets[dns.TypeNS] {
			if err := r.checkServer(owner, canonical(rr.(*dns.NS).Ns)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkServer says what is wrong with server as a name server of owner. Only
// what this zone must know is looked at: names in it, and those below a
// delegation that has them as its own servers (glue).
func (r *records) checkServer(owner, server string) error {
	if !dns.IsSubDomain(r.apex, server) {
		return nil
	}
	if len(r.lookup(server, dns.TypeCNAME)) > 0 {
		return fmt.Errorf("%s has name server %s, which is an alias (RFC 2181 §10.3)", owner, server)
	}
	if len(r.lookup(server, dns.TypeA))+len(r.lookup(server, dns.TypeAAAA)) > 0 {
		return nil
	}
	at := r.match(server, dns.TypeA)
	if at.delegated && at.name != owner {
		return nil // another zone knows
	}
	if !at.delegated && at.node != nil && len(at.node.sets[dns.TypeA])+len(at.node.sets[dns.TypeAAAA]) > 0 {
		return nil // a wildcard's
	}
	return fmt.Errorf("%s has name server %s, which has no address", owner, server)
}

// list returns all records, the SOA first.
func (r *records) list() []dns.RR {
	all := []dns.RR{r.soa()}
	for _, owner := range slices.SortedFunc(maps.Keys(r.nodes), names.Compare) {
		sets := r.nodes[owner].sets
		for _, t := range slices.Sorted(maps.Keys(sets)) {
			if t != dns.TypeSOA {
				all = append(all, sets[t]...)
			}
		}
	}
	return all
}
