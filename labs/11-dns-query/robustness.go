package dnsquery

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/labs/check"
)

// several brings three records.
func several(t *check.T) {
	s := begin(t)
	var want []record
	var shown *dns.Msg
	fill := func(q query) {
		m := reply(q)
		if want == nil {
			for range 3 {
				r := s.record(q.name, q.kind)
				want = append(want, r)
				m.Answer = append(m.Answer, r.rr)
			}
			shown = m
		}
		m.Answer = shown.Answer
		s.send(q, m)
	}
	q := s.first()
	fill(q)
	s.answer = fill
	end := s.until(func(output string) bool {
		for _, r := range want {
			if !r.in(output) {
				return false
			}
		}
		return true
	})
	var all, some []string
	for _, r := range want {
		all = append(all, r.text)
		if r.in(s.p.Output()) {
			some = append(some, r.text)
		}
	}
	t.Await(end, check.Mistake{
		Name: "not-all", Datagram: q.g, Expected: strings.Join(all, ", "), Actual: strings.Join(some, ", "), RFC: "RFC 1035 §4.1.3", Book: "§2.4.3",
	})
}

// cname answers with an alias and its address, as many a well-known name does.
// The names are compressed: the alias ends in a pointer.
func cname(t *check.T) {
	s := begin(t)
	var want *record
	fill := func(q query) {
		if q.kind != dns.TypeA && q.kind != dns.TypeAAAA {
			r := s.plain(q)
			want = &r
			return
		}
		_, parent, _ := strings.Cut(q.name, ".")
		alias := "edge." + s.t.Word() + "." + parent
		r := s.record(alias, q.kind)
		m := reply(q)
		m.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: q.name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 60}, Target: alias}, r.rr}
		s.send(q, m)
		want = &r
	}
	q := s.first()
	fill(q)
	s.answer = fill
	end := s.until(func(output string) bool { return want.in(output) })
	t.Await(end, check.Mistake{
		Name: "alias", Crash: true, Datagram: q.g, Expected: want.text, RFC: "RFC 1035 §4.1.4", Book: "§2.4.3",
	})
	s.p.Rest(200 * time.Millisecond)
	if aliasAsAddress.MatchString(s.p.Output()) {
		t.Wrong(check.Mistake{Name: "alias-as-address", Datagram: q.g, Expected: want.text, Actual: "4.101.100.103", RFC: "RFC 1035 §3.2.2", Book: "§2.4.3"})
	}
}

// aliasAsAddress is what the alias's first bytes look like as an address: a length
// of four, and "edg".
var aliasAsAddress = regexp.MustCompile(`(^|[^\d.])4\.101\.100\.103($|[^\d.])`)

var dotted = regexp.MustCompile(`\d{1,3}(\.\d{1,3}){3}`)

// noName says that the name does not exist.
func noName(t *check.T) {
	s := begin(t)
	s.answer = func(q query) {
		m := reply(q)
		m.Rcode = dns.RcodeNameError
		m.Ns = []dns.RR{&dns.SOA{
			Hdr: dns.RR_Header{Name: "com.", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 900},
			Ns:  "a.gtld-servers.net.", Mbox: "nstld.verisign-grs.com.", Serial: t.Rand.Uint32(), Refresh: 1800, Retry: 900, Expire: 604800, Minttl: 86400,
		}}
		s.send(q, m)
	}
	q := s.first()
	before := len(s.p.Output())
	s.answer(q)
	end := s.until(func(string) bool { return false })
	said := s.p.Output()[before:]
	for _, text := range dotted.FindAllString(said, -1) {
		if a, err := netip.ParseAddr(text); err == nil && invented(a, q) {
			t.Wrong(check.Mistake{Name: "invented", Datagram: q.g, Actual: text, RFC: "RFC 1035 §4.1.1", Book: "§2.4.3"})
		}
	}
	s.clean(q, end, "no-name")
}

// invented reports whether an address has come from nowhere: it is neither the
// program's own nor its server's.
func invented(a netip.Addr, q query) bool {
	return a != q.g.To.Addr() && a != q.g.From.Addr() && a.String() != server && !a.IsLoopback() && !a.IsUnspecified() && !a.IsPrivate()
}

// clean ends the case if the program hangs, or has crashed; that it has ended
// otherwise, with whatever code, is what it may do when there is no answer.
func (s *nameServer) clean(q query, end check.End, mistake string) {
	m := check.Mistake{Name: mistake, Datagram: q.g, RFC: "RFC 1035 §7.3", Book: "§2.4.3"}
	switch {
	case end == check.Exited && !unexpected(s.p.Output()), end == check.Done:
	case end == check.Late && mistake == "no-name": // it goes on asking its user
	default:
		s.t.Await(end, m)
	}
}

// lost answers nothing: the query, or the reply, was lost.
func lost(t *check.T) {
	s := begin(t)
	q := s.first()
	again := false
	s.answer = func(other query) {
		again = again || other.name == q.name && other.kind == q.kind
	}
	before := strings.TrimSpace(s.p.Output())
	end := s.until(func(output string) bool {
		said := output[min(len(before), len(output)):]
		return again || gaveUp.MatchString(said) && !died.MatchString(said)
	})
	if end == check.Late {
		return // it has not come to rest: it waits, and asks its user
	}
	s.clean(q, end, "waits-for-ever")
}

var died = regexp.MustCompile(`Traceback|panic: |Exception in thread`)

var gaveUp = regexp.MustCompile(`(?i)time|no (answer|reply|response)|lost|fail|error|retry|again|超时|重试|失败|无响应|没有`)

// wrongID brings first a reply to another query, which somebody may have forged.
func wrongID(t *check.T) {
	s := begin(t)
	q := s.first()
	forged := reply(q)
	forged.Id ^= 0x5a5a
	forgery := s.record(q.name, q.kind)
	forged.Answer = []dns.RR{forgery.rr}
	s.send(q, forged)
	want := s.plain(q)
	s.answer = func(q query) {
		m := reply(q)
		m.Answer = []dns.RR{want.rr}
		s.send(q, m)
	}
	end := s.until(func(output string) bool { return want.in(output) || forgery.in(output) })
	if forgery.in(s.p.Output()) {
		t.Wrong(check.Mistake{
			Name: "wrong-id", Datagram: q.g, Offset: 0, Length: 2, Expected: want.text, Actual: forgery.text, RFC: "RFC 5452 §9.1", Book: "§2.4.3",
		})
	}
	s.clean(q, end, "after-wrong-id")
}

// cut brings a reply that ends in its header, and then the whole one.
func cut(t *check.T) {
	s := begin(t)
	q := s.first()
	want := s.record(q.name, q.kind)
	s.answer = func(q query) {
		m := reply(q)
		m.Answer = []dns.RR{want.rr}
		s.send(q, m)
	}
	s.d.Reply(q.g, pack(reply(q))[:5+t.Rand.IntN(5)])
	s.answer(q)
	s.clean(q, s.until(want.in), "cut-reply")
}

// pointerLoop brings an answer whose name is a pointer to itself, and then one
// that is in order.
func pointerLoop(t *check.T) {
	s := begin(t)
	q := s.first()
	want := s.record(q.name, q.kind)
	s.answer = func(q query) {
		m := reply(q)
		m.Answer = []dns.RR{want.rr}
		s.send(q, m)
	}
	m := reply(q)
	loop := pack(m)
	at := len(loop)
	loop[7] = 1                                                                                  // ANCOUNT
	loop = append(loop, 0xc0|byte(at>>8), byte(at), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1) // RFC 1035 §4.1.4
	s.d.Reply(q.g, loop)
	s.answer(q)
	looked := regexp.MustCompile(`192\.0\.2\.1\b`)
	end := s.until(func(output string) bool { return want.in(output) || looked.MatchString(output) })
	s.clean(q, end, "pointer-loop")
}
