package dnsd

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// TestOddZones asks zones that nobody should have, and some do.
func TestOddZones(t *testing.T) {
	const top = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n"
	long := strings.Repeat("a", 60) + "." + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60)
	for _, c := range []struct {
		what, origin, zone string
		name               string
		qtype              uint16
		answer             string // rcode, and the types in the answer
	}{
		{"the root", ".", top + "* TXT x\n", "any.where", dns.TypeTXT, "NOERROR TXT"},
		{"the root itself", ".", top, ".", dns.TypeNS, "NOERROR NS"},
		{"a top-level domain is delegated", ".", top + "com NS ns.com\nns.com A 192.0.2.2\n", "www.example.com", dns.TypeA, "NOERROR"},
		{"a name grows too long", "example.com", top + "d DNAME " + long + ".example.com.\n",
			strings.Repeat("d", 60) + ".d.example.com", dns.TypeA, "YXDOMAIN DNAME"},
		{"DNAME to the root", "example.com", top + "d DNAME .\n", "www.example.com.d.example.com", dns.TypeA, "NXDOMAIN DNAME CNAME"},
		{"DNAME in a circle", "example.com", top + "d DNAME d\n", "x.d.example.com", dns.TypeA, "SERVFAIL DNAME CNAME"},
		{"DNAME that grows", "example.com", top + "d DNAME x.d\n", "x.d.example.com", dns.TypeA,
			"SERVFAIL" + strings.Repeat(" DNAME CNAME", 16)},
		{"asked for the CNAME that a DNAME makes", "example.com", top + "d DNAME e\n", "x.d.example.com", dns.TypeCNAME, "NOERROR DNAME CNAME"},
		{"an alias and its signature", "example.com", top + "a CNAME ns\na NSEC b CNAME NSEC\n", "a.example.com", dns.TypeNSEC, "NOERROR NSEC"},
		{"ANY of an alias", "example.com", top + "a CNAME ns\n", "a.example.com", dns.TypeANY, "NOERROR CNAME"},
		{"ANY of nothing", "example.com", top + "a.b TXT x\n", "b.example.com", dns.TypeANY, "NOERROR"},
		{"a wildcard below a wildcard", "example.com", top + "* TXT x\n*.* TXT y\n", "a.b.example.com", dns.TypeTXT, "NOERROR TXT"},
		{"an alias to a wildcard to itself", "example.com", top + "* CNAME a\n", "b.example.com", dns.TypeA, "SERVFAIL CNAME CNAME"},
		{"a chain that is too long", "example.com", top + chain(20), "c0.example.com", dns.TypeA, "SERVFAIL" + strings.Repeat(" CNAME", 16)},
		{"a chain that is not", "example.com", top + chain(15), "c0.example.com", dns.TypeA, "NOERROR" + strings.Repeat(" CNAME", 15) + " A"},
	} {
		z, err := ParseZone(strings.NewReader(c.zone), c.what, c.origin)
		if err != nil {
			t.Error(err)
			continue
		}
		a := &Authority{Log: quiet}
		a.AddZone(z)
		reply := a.Answer(t.Context(), question(c.name, c.qtype), netip.AddrPort{})
		got := dns.RcodeToString[reply.Rcode]
		for _, rr := range reply.Answer {
			got += " " + dns.TypeToString[rr.Header().Rrtype]
		}
		if got != c.answer {
			t.Errorf("%s: %s, not %s\n%s", c.what, got, c.answer, reply)
		}
	}
}

// chain is n aliases in a row, and an address.
func chain(n int) string {
	var zone strings.Builder
	for i := range n {
		fmt.Fprintf(&zone, "c%d CNAME c%d\n", i, i+1)
	}
	fmt.Fprintf(&zone, "c%d A 192.0.2.1\n", n)
	return zone.String()
}

// unspeakable is a role whose replies cannot be packed.
type unspeakable struct{}

func (unspeakable) Answer(_ context.Context, query *dns.Msg, _ netip.AddrPort) *dns.Msg {
	header := dns.RR_Header{Name: query.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}
	return &dns.Msg{Answer: []dns.RR{&dns.TXT{Hdr: header, Txt: []string{strings.Repeat("x", 300)}}}}
}

func TestUnspeakableReply(t *testing.T) {
	addr := serve(t, &Server{Role: unspeakable{}})
	if reply := ask(t, "udp", addr, question("example.com", dns.TypeTXT)); reply.Rcode != dns.RcodeServerFailure {
		t.Error(reply)
	}
}
