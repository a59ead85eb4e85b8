package resolver

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// rank is how far an account is to be believed (RFC 2181 §5.4.1): what a
// server says when asked weighs more than what it says in passing.
type rank uint8

const (
	failure   rank = iota // nobody could say
	glue                  // from the additional section
	referral              // from the authority section of a referral: the parent's word
	authority             // from the authority section of an authoritative answer
	answer                // the answer of an authority
)

func (r rank) String() string {
	return [...]string{"failure", "glue", "referral", "authority", "answer"}[r]
}

// key names a set: a domain name in lower case, and a type. Type 0 stands for
// the name as such: there is no such name.
type key struct {
	name   string
	rrtype uint16
}

// set is what is known about one name and type: the records of that type, all
// of them (an RRset, RFC 2181 §5), or that there are none, or that nobody
// could be found to say. A set never changes once it is made.
type set struct {
	key
	rank    rank
	expires int64 // in Unix seconds: whole, as TTLs are

	rrs []dns.RR // none in a set that says that there are none

	rcode int      // NXDOMAIN: no such name; SERVFAIL: nobody could say
	soa   *dns.SOA // tells an asker how long there will be none (RFC 2308 §3); may be nil
}

// newSet makes a set of records of one name and type, of which there is at
// least one. Its TTL is the least of theirs (RFC 2181 §5.2).
func newSet(k key, rrs []dns.RR, r rank, now time.Time, longest time.Duration) *set {
	ttl := uint32(longest / time.Second)
	for _, rr := range rrs {
		ttl = min(ttl, sane(rr.Header().Ttl))
	}
	return &set{key: k, rank: r, rrs: rrs, expires: now.Unix() + int64(ttl)}
}

// newNothing makes a set that says that there are no such records, or no such
// name. The SOA says for how long: the lesser of its TTL and its last field
// (RFC 2308 §5). Without one it is not to be remembered.
func newNothing(k key, rcode int, soa *dns.SOA, now time.Time, longest time.Duration) *set {
	s := &set{key: k, rank: answer, rcode: rcode, soa: soa, expires: now.Unix()}
	if soa != nil {
		ttl := min(sane(soa.Hdr.Ttl), sane(soa.Minttl), uint32(longest/time.Second))
		s.expires += int64(ttl)
	}
	return s
}

// newFailure makes a set that says that nobody could say (RFC 9520 §3.2).
func newFailure(k key, now time.Time, d time.Duration) *set {
	return &set{key: k, rank: failure, rcode: dns.RcodeServerFailure, expires: now.Unix() + int64(d/time.Second)}
}

// sane is ttl, or 0 for one with the top bit set (RFC 2181 §8).
func sane(ttl uint32) uint32 {
	if ttl > 1<<31-1 {
		return 0
	}
	return ttl
}

// ttl is how many seconds s may still be used.
func (s *set) ttl(now time.Time) uint32 { return uint32(max(0, s.expires-now.Unix())) }

// records returns s's records under the name owner, with what is left of their
// TTL. The name is the asker's, whose mix of upper and lower case is kept.
func (s *set) records(owner string, now time.Time) []dns.RR {
	rrs := make([]dns.RR, len(s.rrs))
	for i, rr := range s.rrs {
		rrs[i] = dns.Copy(rr)
		rrs[i].Header().Name = owner
		rrs[i].Header().Ttl = s.ttl(now)
	}
	return rrs
}

// alias is the name that s is an alias of, or "" when s is no CNAME.
func (s *set) alias() string {
	if s.rrtype != dns.TypeCNAME || len(s.rrs) == 0 {
		return ""
	}
	return s.rrs[0].(*dns.CNAME).Target
}

// size is about how many bytes s takes in memory.
func (s *set) size() int {
	const fixed, perRecord = 256, 160
	n := fixed + len(s.name)
	for _, rr := range s.rrs {
		n += perRecord + dns.Len(rr)
	}
	return n
}

// data is what s says, as text: what a zone file has after the type.
func (s *set) data() []string {
	if len(s.rrs) == 0 {
		if s.rcode == dns.RcodeSuccess {
			return []string{"NODATA"}
		}
		return []string{dns.RcodeToString[s.rcode]}
	}
	texts := make([]string, len(s.rrs))
	for i, rr := range s.rrs {
		texts[i] = strings.TrimPrefix(rr.String(), rr.Header().String())
	}
	return texts
}

func (k key) String() string {
	if k.rrtype == 0 {
		return k.name
	}
	return fmt.Sprintf("%s %s", k.name, dns.Type(k.rrtype))
}

// address is the address in an A or AAAA record that a server could have.
func address(rr dns.RR) (netip.Addr, bool) {
	var addr netip.Addr
	switch rr := rr.(type) {
	case *dns.A:
		addr, _ = netip.AddrFromSlice(rr.A)
	case *dns.AAAA:
		addr, _ = netip.AddrFromSlice(rr.AAAA)
	}
	addr = addr.Unmap()
	return addr, addr.IsValid() && !addr.IsUnspecified() && !addr.IsMulticast()
}
