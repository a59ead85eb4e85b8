package dnsquery

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/labs/check"
)

// server of a case: it answers every query of the program's.
type nameServer struct {
	t      *check.T
	p      *check.Program
	d      *check.Datagrams
	name   string // that the program is given, if it takes one
	count  int    // of queries
	answer func(q query)

	library atomic.Bool // the system was asked for a name, and asked in its own way
}

// begin starts the program.
func begin(t *check.T) *nameServer {
	s := &nameServer{t: t, d: t.AcceptUDP(), name: "www." + t.Word() + ".com"}
	s.d.TakeQuestions(s.takes)
	s.p = t.Start(check.Values{"name": s.name})
	return s
}

// first waits for the first query.
func (s *nameServer) first() query {
	g, end := s.d.Receive()
	no := check.Mistake{Name: "no-query", RFC: "RFC 1035 §4.2.1", Book: "§2.4.3"}
	if end != check.Done && s.library.Load() {
		no.Name = "library"
		s.t.Wrong(no)
	}
	s.t.Accepted(end, no)
	s.count = 1
	return read(s.t, g)
}

// until answers queries until enough says so of what the program has printed.
func (s *nameServer) until(enough func(output string) bool) check.End {
	return s.p.Prints(func(output string) bool {
		for g := s.d.Within(time.Millisecond); g != nil; g = s.d.Within(time.Millisecond) {
			s.count++
			q := read(s.t, g)
			if s.answer != nil {
				s.answer(q)
			}
		}
		return enough(output)
	})
}

// reply is an answer to a query, to be filled.
func reply(q query) *dns.Msg {
	m := new(dns.Msg)
	m.Id, m.Response, m.RecursionDesired, m.RecursionAvailable, m.Compress = q.id, true, true, true, true
	m.Question = []dns.Question{{Name: q.name, Qtype: q.kind, Qclass: dns.ClassINET}}
	return m
}

// send sends an answer from where the query went to.
func (s *nameServer) send(q query, m *dns.Msg) { s.d.Reply(q.g, pack(m)) }

func pack(m *dns.Msg) []byte {
	data, err := m.Pack()
	if err != nil {
		panic(err) // the case's own message
	}
	return data
}

// record is an answer, and how it is recognised in what the program prints.
type record struct {
	rr   dns.RR
	seen *regexp.Regexp
	text string
}

// in reports whether an output shows the record.
func (r record) in(output string) bool { return r.seen.MatchString(output) }

// record draws an answer of the kind that is asked for.
func (s *nameServer) record(name string, kind uint16) record {
	h := dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 300 + uint32(s.t.Rand.IntN(3000))}
	word := s.t.Word()
	target := word + ".example.net."
	r := record{text: word, seen: regexp.MustCompile("(?i)" + word)}
	switch kind {
	case dns.TypeAAAA:
		b := s.t.Bytes(16)
		for i := 0; i < 16; i += 2 {
			b[i] |= 0x10 // groups of four digits, that all write alike
		}
		b[0] = 0x20
		r.text = netip.AddrFrom16([16]byte(b)).String()
		r.seen = regexp.MustCompile("(?i)" + r.text)
		r.rr = &dns.AAAA{Hdr: h, AAAA: b}
	case dns.TypeMX:
		r.rr = &dns.MX{Hdr: h, Preference: 10, Mx: target}
	case dns.TypeNS:
		r.rr = &dns.NS{Hdr: h, Ns: target}
	case dns.TypeCNAME:
		r.rr = &dns.CNAME{Hdr: h, Target: target}
	case dns.TypePTR:
		r.rr = &dns.PTR{Hdr: h, Ptr: target}
	case dns.TypeTXT:
		r.rr = &dns.TXT{Hdr: h, Txt: []string{word}}
	default: // A, and ANY
		h.Rrtype = dns.TypeA
		b := []byte{198, 18 + byte(s.t.Rand.IntN(2)), byte(1 + s.t.Rand.IntN(254)), byte(1 + s.t.Rand.IntN(254))}
		r.text = net.IP(b).String()
		r.seen = regexp.MustCompile(fmt.Sprintf(`(^|\D)%d\W{1,3}%d\W{1,3}%d\W{1,3}%d(\D|$)`, b[0], b[1], b[2], b[3]))
		r.rr = &dns.A{Hdr: h, A: b}
	}
	return r
}

// plain answers a query with one record.
func (s *nameServer) plain(q query) record {
	r := s.record(q.name, q.kind)
	m := reply(q)
	m.Answer = []dns.RR{r.rr}
	s.send(q, m)
	return r
}

// unexpected reports whether the program has ended by an error that it did not
// mean to: one that names what is wrong was meant.
func unexpected(output string) bool {
	at := strings.LastIndex(output, "Traceback (most recent call last)")
	if at < 0 {
		at = strings.LastIndex(output, "panic: ")
	}
	if at < 0 {
		at = strings.LastIndex(output, "Exception in thread")
	}
	return at >= 0 && !meant.MatchString(output[at:])
}

var meant = regexp.MustCompile(`(?i)nxdomain|no such|not found|rcode|name error|does not exist|不存在|mismatch|does not match|unexpected id|wrong id|malformed|invalid (reply|response|packet|pointer)|truncated|no (answer|reply|response|record)|loop`)
