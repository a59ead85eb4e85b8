package dnsresolver

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/labs/check"
)

// root is a.root-servers.net, for programs that ask for one.
const root = "198.41.0.4"

// tree is the DNS of a case: zones that are made as they are asked for, each with
// two name servers, and cut below the root and below each top-level domain. Who
// is asked at an address that was never told to anybody is a root server.
type tree struct {
	t    *check.T
	p    *check.Program
	d    *check.Datagrams
	name string // that the program is given, if it takes one

	zones   map[string][]server   // by name, "" for the root's own
	serving map[netip.Addr]string // the zone of each name server
	hosts   map[string]netip.Addr // addresses of names
	asked   []question            // in order

	// A case's own.
	depth     int                                       // of the deepest cut, in labels
	glueless  bool                                      // name servers below a top-level domain are elsewhere, and have no glue
	ipv6      bool                                      // glue has IPv6 addresses first
	intercept func(q question, reply *dns.Msg) *dns.Msg // changes a reply, or keeps it (nil)
}

type server struct {
	name string
	addr netip.Addr
}

// question is a query of the program's, and to whom it went: the zone of that
// server, or "resolver".
type question struct {
	g    *check.Datagram
	m    *dns.Msg
	name string
	kind uint16
	zone string
}

const resolver = "resolver"

// public are resolvers for everybody, which do all the work for whoever asks them.
var public = map[string]bool{
	"8.8.8.8": true, "8.8.4.4": true, "1.1.1.1": true, "1.0.0.1": true, "9.9.9.9": true, "208.67.222.222": true, "208.67.220.220": true,
	"114.114.114.114": true, "114.114.115.115": true, "223.5.5.5": true, "223.6.6.6": true, "119.29.29.29": true, "180.76.76.76": true, "4.2.2.2": true,
}

// plant begins a case; change makes the tree the case's own.
func plant(t *check.T, change func(d *tree)) *tree {
	tlds := []string{"com", "net", "org", "edu"}
	d := &tree{
		t: t, d: t.AcceptUDP(), name: "www." + t.Word() + "." + tlds[t.Rand.IntN(len(tlds))], depth: 2,
		zones: make(map[string][]server), serving: make(map[netip.Addr]string), hosts: make(map[string]netip.Addr),
	}
	if change != nil {
		change(d)
	}
	d.d.TakeQuestions(func([]byte) bool { return true })
	d.p = t.Start(check.Values{"name": d.name, "root": root})
	return d
}

// until answers questions until enough says so of what the program has printed.
func (d *tree) until(enough func(output string) bool) check.End {
	return d.p.Prints(func(output string) bool {
		for g := d.d.Within(time.Millisecond); g != nil; g = d.d.Within(time.Millisecond) {
			d.take(g)
		}
		return enough(output)
	})
}

func (d *tree) take(g *check.Datagram) {
	m := new(dns.Msg)
	if err := m.Unpack(g.Data); err != nil || len(m.Question) != 1 || m.Response {
		d.t.Wrong(check.Mistake{Name: "malformed", Datagram: g, Length: len(g.Data), RFC: "RFC 1035 §4.1", Book: "§2.4.3"})
	}
	q := question{g: g, m: m, name: strings.ToLower(strings.TrimSuffix(m.Question[0].Name, ".")), kind: m.Question[0].Qtype}
	reply := new(dns.Msg).SetReply(m)
	reply.Compress = true
	if g.To.Addr() == netip.AddrFrom4([4]byte{10, 53, 0, 53}) || public[g.To.Addr().String()] {
		q.zone = resolver
		d.asResolver(q, reply)
	} else {
		q.zone = d.serving[g.To.Addr()]
		d.fill(q, reply)
	}
	d.asked = append(d.asked, q)
	if d.intercept != nil {
		if reply = d.intercept(q, reply); reply == nil {
			return
		}
	}
	d.send(q, reply)
}

func (d *tree) send(q question, reply *dns.Msg) {
	data, err := reply.Pack()
	if err != nil {
		return // a name that cannot be
	}
	d.d.Reply(q.g, data)
}

// asResolver answers what the program asks the resolver of /etc/resolv.conf: the
// names of name servers truly, and others with addresses that lead nowhere.
func (d *tree) asResolver(q question, reply *dns.Msg) {
	reply.RecursionAvailable = true
	if q.kind == dns.TypeNS && q.name == "" { // one may ask who the root servers are
		reply.Answer = []dns.RR{ns("", server{name: "a.root-servers.net"}), ns("", server{name: "b.root-servers.net"})}
	}
	if q.kind != dns.TypeA {
		return
	}
	a, ok := d.hosts[q.name]
	if !ok {
		a = netip.AddrFrom4([4]byte{203, 0, 113, byte(1 + d.t.Rand.IntN(254))})
	}
	reply.Answer = []dns.RR{address(q.m.Question[0].Name, a)}
}

// fill makes the reply of a zone's server (RFC 1034 §4.3.2).
func (d *tree) fill(q question, reply *dns.Msg) {
	if cut := d.cut(q.zone, q.name, q.kind); cut != q.zone {
		d.refer(cut, reply)
		return
	}
	reply.Authoritative = true
	switch {
	case q.kind == dns.TypeNS && d.zones[q.name] != nil:
		for _, s := range d.zones[q.name] {
			reply.Answer = append(reply.Answer, ns(q.name, s))
		}
	case (q.kind == dns.TypeA || q.kind == dns.TypeANY) && q.name != "" && q.name != q.zone:
		reply.Answer = []dns.RR{address(q.m.Question[0].Name, d.host(q.name))}
	default:
		reply.Ns = []dns.RR{soa(q.zone)}
	}
}

// cut is the zone to which a zone refers for a name: the next one below it, or
// itself. Whoever asks for name servers asks for a zone's, not for a host's.
func (d *tree) cut(zone, name string, kind uint16) string {
	labels := strings.Split(name, ".")
	have := 0
	if zone != "" {
		have = strings.Count(zone, ".") + 1
	}
	outside := zone != "" && name != zone && !strings.HasSuffix(name, "."+zone)
	depth := d.depth
	if have >= depth || name == "" || outside || len(labels) <= have || kind != dns.TypeNS && len(labels) == have+1 && have+1 > 2 {
		return zone
	}
	return strings.Join(labels[len(labels)-have-1:], ".")
}

// refer makes a referral: the name servers of a zone, and their addresses.
func (d *tree) refer(zone string, reply *dns.Msg) {
	for _, s := range d.servers(zone) {
		reply.Ns = append(reply.Ns, ns(zone, s))
		if !strings.HasSuffix(s.name, "."+zone) {
			continue // somebody else's name: no glue
		}
		if d.ipv6 {
			reply.Extra = append(reply.Extra, &dns.AAAA{
				Hdr: dns.RR_Header{Name: s.name + ".", Rrtype: dns.TypeAAAA, Class: dns.ClassINET, Ttl: 172800}, AAAA: append([]byte{0x20, 1, 5, 3}, d.t.Bytes(12)...),
			})
		}
	}
	for _, s := range d.servers(zone) {
		if strings.HasSuffix(s.name, "."+zone) {
			reply.Extra = append(reply.Extra, address(s.name+".", s.addr))
		}
	}
}

// servers are the name servers of a zone, made when they are first needed.
func (d *tree) servers(zone string) []server {
	if all := d.zones[zone]; all != nil {
		return all
	}
	below := "." + zone
	if d.glueless && strings.Contains(zone, ".") && strings.HasSuffix(d.target(), zone) {
		below = "." + d.t.Word() + ".net"
	}
	var all []server
	for i := range 2 {
		name := fmt.Sprintf("ns%d%s", i+1, below)
		if !strings.Contains(zone, ".") {
			name = fmt.Sprintf("%c.nic%s", 'a'+i, below)
		}
		s := server{name, d.address()}
		d.hosts[s.name] = s.addr
		d.serving[s.addr] = zone
		all = append(all, s)
	}
	d.zones[zone] = all
	return all
}

// address draws one that is nobody's.
func (d *tree) address() netip.Addr {
	for {
		a := netip.AddrFrom4([4]byte{198, 18 + byte(d.t.Rand.IntN(2)), byte(1 + d.t.Rand.IntN(254)), byte(1 + d.t.Rand.IntN(254))})
		if _, taken := d.serving[a]; !taken {
			return a
		}
	}
}

// host is the address of a name.
func (d *tree) host(name string) netip.Addr {
	a, ok := d.hosts[name]
	if !ok {
		a = d.address()
		d.hosts[name] = a
	}
	return a
}

func address(name string, a netip.Addr) dns.RR {
	return &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 3600}, A: a.AsSlice()}
}

func ns(zone string, s server) dns.RR {
	return &dns.NS{Hdr: dns.RR_Header{Name: dns.Fqdn(zone), Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 172800}, Ns: s.name + "."}
}

func soa(zone string) dns.RR {
	return &dns.SOA{
		Hdr: dns.RR_Header{Name: dns.Fqdn(zone), Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 900},
		Ns:  dns.Fqdn("ns1." + zone), Mbox: dns.Fqdn("hostmaster." + zone), Serial: 2026030200, Refresh: 1800, Retry: 900, Expire: 604800, Minttl: 900,
	}
}

// target is the name that the program resolves: the one that it was given, or
// one of its own, which it asked for first; step by step, perhaps, as in
// example.com, www.example.com.
func (d *tree) target() string {
	first := ""
	for _, q := range d.asked {
		if q.name == d.name {
			return d.name
		}
		if q.zone != resolver && strings.Contains(q.name, ".") && (first == "" || strings.HasSuffix(q.name, "."+first)) {
			first = q.name
		}
	}
	return first
}

// shows reports whether an output has an address.
func shows(output string, a netip.Addr) bool {
	b := a.As4()
	return regexp.MustCompile(fmt.Sprintf(`(^|\D)%d\W{1,3}%d\W{1,3}%d\W{1,3}%d(\D|$)`, b[0], b[1], b[2], b[3])).MatchString(output)
}

// last is the last question.
func (d *tree) last() *check.Datagram {
	if len(d.asked) == 0 {
		return nil
	}
	return d.asked[len(d.asked)-1].g
}

// reached reports whether a server at that depth was asked: 0 is a root server.
func (d *tree) reached(depth int) bool {
	for _, q := range d.asked {
		have := 0
		if q.zone != "" {
			have = strings.Count(q.zone, ".") + 1
		}
		if q.zone != resolver && have >= depth {
			return true
		}
	}
	return false
}
