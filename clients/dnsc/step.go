package dnsc

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// NameServer is a server of a zone, with the addresses known of it.
type NameServer struct {
	Name  string
	Addrs []netip.Addr
}

// Outcome is what a question on the way down from the root comes to.
type Outcome int

const (
	Failed   Outcome = iota // no reply, or one of no use: the next server is asked
	Referral                // "ask those, they are nearer"
	Alias                   // the name is another's (CNAME), which is asked for next
	Answer                  // the records asked for
	NoData                  // the name exists, without such records
	NoName                  // there is no such name
)

func (o Outcome) String() string {
	return [...]string{"failed", "referral", "alias", "answer", "no data", "no such name"}[o]
}

// Step is one question on the way down, and what came of it.
type Step struct {
	Zone   string         // the zone whose server is asked
	Server string         // the server's name
	Addr   netip.AddrPort // where it is asked
	Name   string         // the question
	Type   uint16

	// For is empty on the way itself. On a side way, to the address of a
	// server that was named without one, it is the zone whose server that is.
	For string

	Outcome Outcome
	Reply   *Reply // nil if there was none
	Err     error  // of a Failed step: why

	NextZone string       // of a Referral: the zone that it leads to,
	Servers  []NameServer // and its servers, with the glue
	Target   string       // of an Alias: the name that goes on
}

// judge sorts the reply into one of the cases of RFC 1034 §5.3.3, step 4. What
// a server says of names outside its zone is not believed.
func (s *Step) judge() {
	reply := s.Reply
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		s.Err = &StatusError{Server: s.Addr, Rcode: reply.Rcode}
		return
	}
	if !reply.Authoritative {
		if !s.judgeReferral() {
			s.Err = fmt.Errorf("dnsc: %v is no authority on %s", s.Addr, s.Zone)
		}
		return
	}
	end, found := s.chain()
	switch {
	case found:
		s.Outcome = Answer
	case !dns.IsSubDomain(s.Zone, end):
		s.Outcome, s.Target = Alias, end
	case reply.Rcode == dns.RcodeNameError:
		s.Outcome = NoName
	case !strings.EqualFold(end, s.Name) && !s.hasSOA():
		s.Outcome, s.Target = Alias, end
	case !s.hasSOA() && s.judgeReferral():
	default:
		s.Outcome = NoData
	}
}

// chain follows the aliases in the answer, as far as they are in the zone of
// the server asked, and says whether the records are at the end.
func (s *Step) chain() (end string, found bool) {
	end = s.Name
	for range mostAliases {
		if len(s.in(s.Reply.Answer, end, s.Type)) > 0 {
			return end, true
		}
		aliases := s.in(s.Reply.Answer, end, dns.TypeCNAME)
		if len(aliases) == 0 {
			return end, false
		}
		end = aliases[0].(*dns.CNAME).Target
	}
	return end, false
}

// in returns the records of that name and type in a section, if the server
// asked may speak of them.
func (s *Step) in(section []dns.RR, name string, qtype uint16) []dns.RR {
	var found []dns.RR
	for _, rr := range section {
		h := rr.Header()
		if h.Rrtype == qtype && strings.EqualFold(h.Name, name) && dns.IsSubDomain(s.Zone, h.Name) {
			found = append(found, rr)
		}
	}
	return found
}

func (s *Step) hasSOA() bool {
	return slices.ContainsFunc(s.Reply.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
}

// judgeReferral reads a referral, which must lead down: to a zone below the
// one asked, and above the name.
func (s *Step) judgeReferral() bool {
	for _, rr := range s.Reply.Ns {
		zone := rr.Header().Name
		if rr.Header().Rrtype != dns.TypeNS || strings.EqualFold(zone, s.Zone) ||
			!dns.IsSubDomain(s.Zone, zone) || !dns.IsSubDomain(zone, s.Name) {
			continue
		}
		s.Outcome, s.NextZone = Referral, zone
		for _, ns := range s.in(s.Reply.Ns, zone, dns.TypeNS) {
			server := NameServer{Name: ns.(*dns.NS).Ns}
			for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
				for _, glue := range s.in(s.Reply.Extra, server.Name, t) {
					if addr, ok := address(glue); ok {
						server.Addrs = append(server.Addrs, addr)
					}
				}
			}
			s.Servers = append(s.Servers, server)
		}
		return true
	}
	return false
}
