package dnsc

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/servers/dnsd"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

// authority is a server with these zones: the server's own role, without
// the sockets.
func authority(t testing.TB, zones map[string]string) host {
	t.Helper()
	a := &dnsd.Authority{}
	for name, text := range zones {
		soa := name + " SOA ns." + name + " hostmaster." + name + " 1 1800 900 604800 60\n"
		if name == "." {
			soa = ". SOA a.root. hostmaster.root. 1 1800 900 604800 60\n"
		}
		file := fstest.MapFS{"zone": {Data: []byte("$TTL 300\n" + soa + text)}}
		z, err := dnsd.LoadZone(file, "zone", name)
		if err != nil {
			t.Fatal(err)
		}
		a.AddZone(z)
	}
	return func(network string, q *dns.Msg) [][]byte {
		m := a.Answer(context.Background(), q, netip.MustParseAddrPort("10.0.0.1:4000"))
		m.Id, m.Response, m.Question = q.Id, true, q.Question
		if network == "tcp" {
			return [][]byte{framed(pack(t, m))}
		}
		return [][]byte{pack(t, m)}
	}
}

// internet is a root, com, org, and what is below.
func internet(t testing.TB) *fakeNet {
	return &fakeNet{t: t, hosts: map[string]host{
		"198.41.0.4": authority(t, map[string]string{".": `
. NS a.root.
a.root. A 198.41.0.4
com. NS a.gtld.com.
a.gtld.com. A 192.5.6.30
org. NS a.gtld.com.
`}),
		"192.5.6.30": authority(t, map[string]string{"com.": `
com. NS a.gtld.com.
a.gtld.com. A 192.5.6.30
example.com. NS ns0.example.com.
example.com. NS ns1.example.com.
ns0.example.com. A 192.0.2.250
ns0.example.com. AAAA 2001:db8::250
ns1.example.com. A 192.0.2.1
far.com. NS ns.host.org.
loop.com. NS ns.pool.org.
lame.com. NS ns1.example.com.
`, "org.": `
org. NS a.gtld.com.
pool.org. NS ns.loop.com.
host.org. NS ns.host.org.
ns.host.org. A 192.0.2.2
`}),
		"192.0.2.1": authority(t, map[string]string{"example.com.": `
example.com. NS ns0.example.com.
example.com. NS ns1.example.com.
ns0.example.com. A 192.0.2.250
ns1.example.com. A 192.0.2.1
www.example.com. A 203.0.113.80
ftp.example.com. CNAME www.example.com.
web.example.com. CNAME www.far.com.
gone.example.com. CNAME nobody.example.com.
ring.example.com. CNAME ring.far.com.
`}),
		"192.0.2.2": authority(t, map[string]string{"host.org.": `
host.org. NS ns.host.org.
ns.host.org. A 192.0.2.2
`, "far.com.": `
far.com. NS ns.host.org.
www.far.com. A 203.0.113.90
ring.far.com. CNAME ring.example.com.
`}),
	}}
}

var roots = []NameServer{{Name: "a.root.", Addrs: []netip.Addr{netip.MustParseAddr("198.41.0.4")}}}

// line is a step as text.
func (s *Step) line() string {
	why := ""
	if s.For != "" {
		why = "(for " + s.For + ") "
	}
	text := fmt.Sprintf("%s%s %v, of %s: %s %s? ", why, s.Server, s.Addr.Addr(), s.Zone, s.Name, dns.Type(s.Type))
	switch s.Outcome {
	case Failed:
		return text + "failed: " + strings.ReplaceAll(s.Err.Error(), "\n", " ")
	case Referral:
		return text + fmt.Sprintf("referral to %s, %v", s.NextZone, s.Servers)
	case Alias:
		return text + "alias of " + s.Target
	case Answer:
		var data []string
		for _, rr := range s.Reply.Answer {
			data = append(data, strings.Join(strings.Fields(Record(rr)), " "))
		}
		return text + strings.Join(data, ", ")
	}
	return text + s.Outcome.String()
}

func TestIterate(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		qtype       uint16
		change      func(*fakeNet)
	}{
		{"answer", "www.example.com", dns.TypeA, nil},
		{"alias", "ftp.example.com", dns.TypeA, nil},
		{"alias-elsewhere", "web.example.com", dns.TypeA, nil},
		{"glueless", "www.far.com", dns.TypeA, nil},
		{"no-name", "nobody.example.com.", dns.TypeA, nil},
		{"alias-of-no-name", "gone.example.com.", dns.TypeA, nil},
		{"no-data", "www.example.com.", dns.TypeMX, nil},
		{"the-root", ".", dns.TypeNS, nil},
		{"aliases-in-a-ring", "ring.example.com.", dns.TypeA, nil},
		{"zones-in-a-ring", "www.loop.com", dns.TypeA, nil},
		{"lame", "www.lame.com", dns.TypeA, nil},
		{"silent", "www.example.com", dns.TypeA, func(n *fakeNet) {
			n.hosts["192.0.2.250"] = func(string, *dns.Msg) [][]byte { return nil }
		}},
		{"poison", "www.far.com", dns.TypeA, func(n *fakeNet) {
			// com's server says where far.com's server is, whose name is in org.
			honest := n.hosts["192.5.6.30"]
			n.hosts["192.5.6.30"] = func(network string, q *dns.Msg) [][]byte {
				m := new(dns.Msg)
				if err := m.Unpack(honest(network, q)[0]); err != nil {
					t.Error(err)
				}
				if q.Question[0].Name == "www.far.com." {
					m.Extra = append(m.Extra, reply(t, q, "ns.host.org. A 198.51.100.66").Answer...)
				}
				return [][]byte{pack(t, m)}
			}
		}},
		{"no-authority", "www.example.com", dns.TypeA, func(n *fakeNet) {
			n.hosts["198.41.0.4"] = func(_ string, q *dns.Msg) [][]byte {
				m := reply(t, q, theAnswer)
				m.Authoritative = false
				return [][]byte{pack(t, m)}
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				n := internet(t)
				if tt.change != nil {
					tt.change(n)
				}
				var text strings.Builder
				for step, err := range n.client().Iterate(t.Context(), tt.query, tt.qtype, roots) {
					if err != nil {
						fmt.Fprintf(&text, "error: %v\n", err)
						continue
					}
					fmt.Fprintln(&text, step.line())
				}
				golden(t, tt.name, text.String())
			})
		})
	}
}

// TestIterateStops: the caller, or his context, may end it at any step.
func TestIterateStops(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := internet(t)
		for range n.client().Iterate(t.Context(), "www.far.com", dns.TypeA, roots) {
			break
		}
		if got := len(n.queries()); got != 1 {
			t.Errorf("%d queries after the caller had enough", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, last = range n.client().Iterate(ctx, "www.far.com", dns.TypeA, roots) {
			cancel()
		}
		if last != context.Canceled {
			t.Errorf("ended with %v", last)
		}
		ctx, cancel = context.WithCancel(t.Context())
		defer cancel()
		for step := range n.client().Iterate(ctx, "www.far.com", dns.TypeA, roots) {
			if step.For != "" { // both at once, on a side way
				cancel()
				break
			}
		}
	})
}

// TestIterateEndless: zones without end.
func TestIterateEndless(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := internet(t)
		n.hosts["192.5.6.30"] = func(_ string, q *dns.Msg) [][]byte {
			m := new(dns.Msg).SetReply(q)
			labels := dns.SplitDomainName(q.Question[0].Name)
			down := min(len(n.queries()), len(labels))
			zone := strings.Join(labels[len(labels)-down:], ".") + "."
			m.Ns = reply(t, q, zone+" NS a.gtld.com.").Answer
			m.Extra = reply(t, q, "a.gtld.com. A 192.5.6.30").Answer
			return [][]byte{pack(t, m)}
		}
		steps := 0
		var last error
		for _, err := range n.client().Iterate(t.Context(), strings.Repeat("a.", 120)+"com", dns.TypeA, roots) {
			steps++
			last = err
		}
		if last == nil || steps > mostSteps+1 {
			t.Errorf("%d steps, then %v", steps, last)
		}
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
