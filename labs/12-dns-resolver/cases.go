package dnsresolver

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/labs/check"
)

// resolve judges the plain way: root, top-level domain, the name's own servers.
func resolve(t *check.T) {
	d := plant(t, nil)
	d.found("")
	for _, q := range d.asked {
		if q.m.RecursionDesired && q.zone != resolver {
			t.Remark("recursion-desired")
		}
		if d.asksForServer(q) {
			t.Remark("asks-for-server")
		}
	}
}

// asksForServer reports whether a question leaves it to a resolver to find a name
// server's address. Those of the root must be known from somewhere.
func (d *tree) asksForServer(q question) bool {
	_, known := d.hosts[q.name]
	return q.zone == resolver && known && q.name != d.target() && !strings.HasSuffix(q.name, "root-servers.net")
}

// found ends the case unless the target's address is printed. What it is called
// depends on how far the program has come; or it is the mistake of the case, if
// the program got beyond the root.
func (d *tree) found(mistake string) {
	end := d.until(func(output string) bool {
		a, ok := d.hosts[d.final()]
		return ok && shows(output, a)
	})
	if end == check.Done {
		return
	}
	m := check.Mistake{Name: mistake, Crash: mistake != "", Datagram: d.last(), RFC: "RFC 1034 §5.3.3", Book: "§2.4.2", Expected: d.expected()}
	switch {
	case len(d.asked) == 0:
		m.Name = "no-query"
		d.t.Accepted(end, m)
	case !d.reached(0):
		m.Name, m.Crash = "asks-resolver", false
		d.t.Wrong(m)
	case mistake == "ipv6-first":
	case !d.reached(1):
		m.Name = "stops-at-root"
	case mistake != "" && (d.reached(2) || mistake != "deep" && mistake != "cname"):
	case !d.reached(2):
		m.Name = "stops-at-tld"
	default:
		m.Name = "not-printed"
	}
	if end == check.Exited && !unexpected(d.p.Output()) {
		d.t.Wrong(m) // it gave up, in its own words
	}
	d.t.Await(end, m)
}

// expected is the address that should have been found, if it was asked for.
func (d *tree) expected() any {
	if a, ok := d.hosts[d.final()]; ok {
		return a.String()
	}
	return nil
}

// final is the name whose address counts: the target, or what it is an alias of.
func (d *tree) final() string {
	name := d.target()
	if _, ok := d.hosts["alias."+name]; ok {
		return "alias." + name
	}
	return name
}

var panics = regexp.MustCompile(`(?m)^(Traceback \(most|panic: |fatal error: |Exception in thread)`)

// unexpected reports whether the program has ended by an error that it did not
// mean to: one that names what is wrong was meant.
func unexpected(output string) bool {
	at := panics.FindStringIndex(output)
	return at != nil && !meant.MatchString(output[at[0]:])
}

var meant = regexp.MustCompile(`(?i)nxdomain|no such|not found|rcode|name error|does not exist|不存在|mismatch|does not match|unexpected id|wrong id|no (answer|reply|response|record)|loop|too many|lame|cannot resolve|could not resolve|unable to resolve|failed to resolve`)

// deep has one more cut: there are four servers to ask, not three.
func deep(t *check.T) {
	d := plant(t, func(d *tree) {
		labels := strings.Split(d.name, ".")
		d.name = "www." + t.Word() + "." + strings.Join(labels[1:], ".")
		d.depth = 3
	})
	d.found("deep")
}

// noGlue refers to name servers in somebody else's domain, without addresses:
// those are to be found first.
func noGlue(t *check.T) {
	d := plant(t, func(d *tree) { d.glueless = true })
	d.found("no-glue")
	for _, q := range d.asked {
		if d.asksForServer(q) {
			t.Wrong(check.Mistake{Name: "asks-for-server", Datagram: q.g, RFC: "RFC 1034 §5.3.3", Book: "§2.4.2"})
		}
	}
}

// ipv6First has IPv6 addresses before the IPv4 ones of the glue.
func ipv6First(t *check.T) {
	d := plant(t, func(d *tree) { d.ipv6 = true })
	d.found("ipv6-first")
}

// cname answers with an alias that lies in another domain: one begins again at
// the root.
func cname(t *check.T) {
	other := ""
	d := plant(t, nil)
	d.intercept = func(q question, reply *dns.Msg) *dns.Msg {
		if other == "" && q.zone != resolver && q.name == d.target() && len(reply.Answer) > 0 && reply.Answer[0].Header().Rrtype == dns.TypeA {
			other = "edge." + t.Word() + ".org"
			d.hosts[other] = d.address()
		}
		if other != "" && q.name == d.target() && len(reply.Answer) > 0 {
			reply.Answer = []dns.RR{&dns.CNAME{
				Hdr: dns.RR_Header{Name: q.m.Question[0].Name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 300}, Target: other + ".",
			}}
			d.hosts["alias."+d.target()] = d.hosts[other]
		}
		return reply
	}
	d.found("cname")
}

// noName has the name not exist. The program must end, and not by accident.
func noName(t *check.T) {
	d := plant(t, nil)
	d.intercept = func(q question, reply *dns.Msg) *dns.Msg {
		if q.zone != resolver && len(reply.Answer) > 0 && q.name == d.target() {
			reply.Answer, reply.Rcode, reply.Ns = nil, dns.RcodeNameError, []dns.RR{soa(q.zone)}
		}
		return reply
	}
	d.ends("no-name")
}

// ends judges that the program ends, or asks its user again, and does not ask
// name servers for ever.
func (d *tree) ends(mistake string) {
	const most = 150 // questions
	end := d.until(func(string) bool { return len(d.asked) > most })
	m := check.Mistake{Name: mistake, Datagram: d.last(), RFC: "RFC 1034 §5.3.3", Book: "§2.4.2"}
	switch {
	case len(d.asked) == 0:
		m.Name = "no-query"
		d.t.Accepted(end, m)
	case !d.reached(0):
		m.Name = "asks-resolver"
		d.t.Wrong(m)
	case end == check.Done:
		m.Name, m.Args = "endless", map[string]any{"Questions": most}
		d.t.Wrong(m)
	case end == check.Exited && !unexpected(d.p.Output()), end == check.Late:
	default:
		d.t.Await(end, m)
	}
}

// deadServer has the first name server of each zone below the root not answer.
func deadServer(t *check.T) {
	d := plant(t, nil)
	d.intercept = func(q question, reply *dns.Msg) *dns.Msg {
		if q.zone != "" && q.zone != resolver && q.g.To.Addr() == d.zones[q.zone][0].addr {
			return nil
		}
		return reply
	}
	d.found("dead-server")
}

// wrongID brings, before each true reply, a forged one with another ID, which has
// an answer.
func wrongID(t *check.T) {
	forged := netip.AddrFrom4([4]byte{203, 0, 113, byte(1 + t.Rand.IntN(254))})
	d := plant(t, nil)
	d.intercept = func(q question, reply *dns.Msg) *dns.Msg {
		if q.zone != resolver {
			m := new(dns.Msg).SetReply(q.m)
			m.Id ^= 0x5a5a
			m.Authoritative = true
			m.Answer = []dns.RR{address(q.m.Question[0].Name, forged)}
			d.send(q, m)
		}
		return reply
	}
	end := d.until(func(output string) bool {
		a, ok := d.hosts[d.final()]
		return shows(output, forged) || ok && shows(output, a)
	})
	m := check.Mistake{Name: "wrong-id", Datagram: d.last(), Length: 2, Expected: d.expected(), Actual: forged.String(), RFC: "RFC 5452 §9.1", Book: "§2.4.3"}
	switch {
	case len(d.asked) == 0:
		m.Name, m.Actual = "no-query", nil
		t.Accepted(end, m)
	case !d.reached(0):
		m.Name, m.Actual = "asks-resolver", nil
		t.Wrong(m)
	case shows(d.p.Output(), forged):
		t.Wrong(m)
	case end == check.Done, end == check.Exited && !unexpected(d.p.Output()): // found, or given up
	default:
		m.Name, m.Actual = "after-wrong-id", nil
		t.Await(end, m)
	}
}

// lame has the name's own servers know nothing, and refer to themselves.
func lame(t *check.T) {
	d := plant(t, nil)
	d.intercept = func(q question, reply *dns.Msg) *dns.Msg {
		if strings.Contains(q.zone, ".") {
			reply.Authoritative, reply.Answer, reply.Ns = false, nil, nil
			d.refer(q.zone, reply)
		}
		return reply
	}
	d.ends("lame")
}
