package resolver

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The addresses of the servers that most tests have.
const (
	rootServer  = "198.41.0.4"
	comServer   = "192.5.6.30"
	orgServer   = "199.19.56.1"
	exampleNS1  = "192.0.2.1"
	exampleNS2  = "192.0.2.2"
	hostingNS   = "203.0.113.53"
	studentHost = "10.0.0.7:40000"
)

const rootZone = `
. SOA a.root-servers.net. nstld.verisign-grs.com. 1 1800 900 604800 86400
. NS a.root-servers.net.
a.root-servers.net. A 198.41.0.4
com. NS a.gtld-servers.net.
a.gtld-servers.net. A 192.5.6.30
org. NS a0.org.afilias-nst.info.
a0.org.afilias-nst.info. A 199.19.56.1
`

const comZone = `
com. SOA a.gtld-servers.net. nstld.verisign-grs.com. 1 1800 900 604800 900
com. NS a.gtld-servers.net.
example.com. NS ns1.example.com.
example.com. NS ns2.example.com.
ns1.example.com. A 192.0.2.1
ns2.example.com. A 192.0.2.2
hosted.com. NS ns.hosting.org.
`

const orgZone = `
org. SOA a0.org.afilias-nst.info. noc.afilias-nst.info. 1 1800 900 604800 900
org. NS a0.org.afilias-nst.info.
hosting.org. NS ns.hosting.org.
ns.hosting.org. A 203.0.113.53
`

const exampleZone = `
example.com. SOA ns1.example.com. hostmaster.example.com. 1 1800 900 604800 60
example.com. 3600 NS ns1.example.com.
example.com. 3600 NS ns2.example.com.
ns1.example.com. A 192.0.2.1
ns2.example.com. A 192.0.2.2
www.example.com. A 203.0.113.80
www.example.com. AAAA 2001:db8::80
ftp.example.com. 100 CNAME www.example.com.
blog.example.com. CNAME www.hosted.com.
short.example.com. 5 A 203.0.113.81
once.example.com. 0 A 203.0.113.82
ring.example.com. CNAME ring2.example.com.
ring2.example.com. CNAME ring.example.com.
gone.example.com. CNAME nobody.example.com.
`

const hostingZones = `
hosting.org. SOA ns.hosting.org. hostmaster.hosting.org. 1 1800 900 604800 60
hosting.org. NS ns.hosting.org.
ns.hosting.org. A 203.0.113.53
hosted.com. SOA ns.hosting.org. hostmaster.hosting.org. 1 1800 900 604800 60
hosted.com. NS ns.hosting.org.
www.hosted.com. A 203.0.113.90
`

// lab is a resolver on an Internet of its own.
type lab struct {
	*testing.T
	r   *Resolver
	net *fakeNet
}

// inLab runs test in a bubble, where time stands still until all wait. The
// resolver is changed by setup, before it starts; setup may be nil.
func inLab(t *testing.T, setup func(*lab), test func(*lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.hosts[rootServer] = serving(t, rootZone)
		n.hosts[comServer] = serving(t, comZone)
		n.hosts[orgServer] = serving(t, orgZone)
		n.hosts[exampleNS1] = serving(t, exampleZone)
		n.hosts[exampleNS2] = serving(t, exampleZone)
		n.hosts[hostingNS] = serving(t, hostingZones)
		l := &lab{T: t, net: n, r: &Resolver{
			Roots: []Hint{{Name: "a.root-servers.net.", Addrs: []netip.Addr{netip.MustParseAddr(rootServer)}}},
			Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
			Log:   slog.New(slog.DiscardHandler),
		}}
		if setup != nil {
			setup(l)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- l.r.Run(ctx, n) }()
		synctest.Wait()
		test(l)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		time.Sleep(time.Minute) // let what is still on its way arrive
	})
}

// ask asks as a host of the campus does, and returns the reply in one line.
func (l *lab) ask(name string, qtype uint16) string {
	l.Helper()
	return summary(pack(l, l.reply(name, qtype)))
}

func (l *lab) reply(name string, qtype uint16) *dns.Msg {
	l.Helper()
	query := new(dns.Msg).SetQuestion(name, qtype)
	reply := l.r.Answer(l.Context(), query, netip.MustParseAddrPort(studentHost))
	if reply == nil {
		l.Fatalf("%s %s: no reply at all", name, dns.Type(qtype))
	}
	return reply
}

func (l *lab) want(got, want string) {
	l.Helper()
	if got != want {
		l.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestTranscripts shows whole resolutions: what the resolver asks whom, and
// what it is told, in testdata.
func TestTranscripts(t *testing.T) {
	type step struct {
		name  string
		qtype uint16
	}
	for _, tt := range []struct {
		name  string
		setup func(*lab)
		steps []step
	}{
		{"from-the-root", nil, []step{{"www.example.com.", dns.TypeA}, {"www.example.com.", dns.TypeA}, {"www.example.com.", dns.TypeAAAA}}},
		{"glueless", nil, []step{{"www.hosted.com.", dns.TypeA}}},
		{"alias", nil, []step{{"ftp.example.com.", dns.TypeA}, {"blog.example.com.", dns.TypeA}}},
		{"nothing", nil, []step{{"nobody.example.com.", dns.TypeA}, {"nobody.example.com.", dns.TypeMX}, {"below.nobody.example.com.", dns.TypeA}, {"www.example.com.", dns.TypeMX}, {"gone.example.com.", dns.TypeA}}},
		{"truncated", func(l *lab) {
			full := l.net.hosts[exampleNS1]
			l.net.hosts[exampleNS1] = func(query *dns.Msg, network string) [][]byte {
				if network == "udp" {
					reply := new(dns.Msg).SetReply(query)
					reply.Truncated = true
					return [][]byte{pack(l, reply)}
				}
				return full(query, network)
			}
		}, []step{{"www.example.com.", dns.TypeA}}},
		{"no-edns", func(l *lab) {
			full := l.net.hosts[exampleNS1]
			l.net.hosts[exampleNS1] = func(query *dns.Msg, network string) [][]byte {
				if query.IsEdns0() != nil {
					return [][]byte{pack(l, &dns.Msg{MsgHdr: dns.MsgHdr{Id: query.Id, Response: true, Rcode: dns.RcodeFormatError}})}
				}
				return full(query, network)
			}
		}, []step{{"www.example.com.", dns.TypeA}, {"www.example.com.", dns.TypeAAAA}}},
		{"primary-down", func(l *lab) { l.net.hosts[exampleNS1] = silence }, []step{{"www.example.com.", dns.TypeA}, {"short.example.com.", dns.TypeA}}},
		{"all-down", func(l *lab) {
			l.net.hosts[exampleNS1] = silence
			l.net.hosts[exampleNS2] = silence
		}, []step{{"www.example.com.", dns.TypeA}, {"www.example.com.", dns.TypeA}}},
		{"lame", func(l *lab) {
			l.net.hosts[exampleNS1] = serving(l, rootZone) // a referral upwards
		}, []step{{"www.example.com.", dns.TypeA}}},
		{"refused", func(l *lab) {
			l.net.hosts[exampleNS1] = always(l, dns.RcodeRefused)
			l.net.hosts[exampleNS2] = always(l, dns.RcodeServerFailure)
		}, []step{{"www.example.com.", dns.TypeA}}},
		{"alias-ring", nil, []step{{"ring.example.com.", dns.TypeA}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, tt.setup, func(l *lab) {
				var text strings.Builder
				for _, step := range tt.steps {
					start := time.Now()
					fmt.Fprintf(&text, "# %s %s\n", step.name, dns.Type(step.qtype))
					reply := l.ask(step.name, step.qtype)
					text.WriteString(l.net.take())
					fmt.Fprintf(&text, "= %s (after %v)\n", reply, time.Since(start))
				}
				golden(l.T, tt.name, text.String())
			})
		})
	}
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

// TestTTL lets time pass: what is told to the asker counts down, and what has
// expired is asked for again.
func TestTTL(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		l.want(l.ask("short.example.com.", dns.TypeA), "NOERROR; answer short.example.com. A 203.0.113.81")
		time.Sleep(3 * time.Second)
		before := l.net.all()
		if ttl := l.reply("short.example.com.", dns.TypeA).Answer[0].Header().Ttl; ttl != 2 {
			l.Errorf("the TTL of 5 s is %d after 3 s, want 2", ttl)
		}
		if l.net.all() != before {
			l.Error("a cached answer was asked for again")
		}
		time.Sleep(2 * time.Second)
		if ttl := l.reply("short.example.com.", dns.TypeA).Answer[0].Header().Ttl; ttl != 5 {
			l.Errorf("the TTL of a new answer is %d, want 5", ttl)
		}
		if l.net.all() != before+1 {
			l.Errorf("%d queries for an expired answer, want 1: the zone's servers are still known", l.net.all()-before)
		}
	})
}

// TestZeroTTL: such an answer is for those who asked, and for nobody after.
func TestZeroTTL(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		for range 2 {
			before := l.net.count(exampleNS1) + l.net.count(exampleNS2)
			l.want(l.ask("once.example.com.", dns.TypeA), "NOERROR; answer once.example.com. A 203.0.113.82")
			if asked := l.net.count(exampleNS1) + l.net.count(exampleNS2) - before; asked != 1 {
				l.Errorf("asked %d times, want 1", asked)
			}
		}
	})
}

// TestNegativeTTL: "no such name" is remembered as long as the SOA says.
func TestNegativeTTL(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		reply := l.reply("nobody.example.com.", dns.TypeA)
		if reply.Rcode != dns.RcodeNameError || len(reply.Ns) != 1 || reply.Ns[0].Header().Ttl != 60 {
			l.Fatalf("want NXDOMAIN with the SOA for 60 s, got\n%v", reply)
		}
		time.Sleep(59 * time.Second)
		before := l.net.all()
		if ttl := l.reply("nobody.example.com.", dns.TypeA).Ns[0].Header().Ttl; ttl != 1 || l.net.all() != before {
			l.Errorf("after 59 s: TTL %d, %d new queries; want 1, 0", ttl, l.net.all()-before)
		}
		time.Sleep(time.Second)
		l.reply("nobody.example.com.", dns.TypeA)
		if l.net.all() != before+1 {
			l.Errorf("after 60 s: %d new queries, want 1", l.net.all()-before)
		}
	})
}

// TestCase: the asker's mix of letters comes back.
func TestCase(t *testing.T) {
	for _, random := range []bool{false, true} {
		inLab(t, func(l *lab) { l.r.RandomCase = random }, func(l *lab) {
			l.want(l.ask("WwW.eXample.COM.", dns.TypeA), "NOERROR; answer WwW.eXample.COM. A 203.0.113.80")
			l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
			lower := strings.Contains(l.net.take(), "udp: www.example.com. A")
			if lower == random {
				l.Errorf("RandomCase %v, yet the name went out in lower case: %v", random, lower)
			}
		})
	}
}

// TestAllow: recursion is for the hosts of the campus only.
func TestAllow(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
		for from, rcode := range map[string]int{
			"10.1.2.3:1":          dns.RcodeSuccess,
			"[::ffff:10.9.9.9]:1": dns.RcodeSuccess,
			"192.0.2.99:1":        dns.RcodeRefused,
			"[2001:db8::1]:1":     dns.RcodeRefused,
			"127.0.0.1:1":         dns.RcodeRefused,
		} {
			reply := l.r.Answer(l.Context(), query, netip.MustParseAddrPort(from))
			if reply.Rcode != rcode || reply.RecursionAvailable != (rcode == dns.RcodeSuccess) {
				l.Errorf("from %s: %s, RA %v", from, dns.RcodeToString[reply.Rcode], reply.RecursionAvailable)
			}
		}
	})
}

// TestNotAQuestion: what is not for a resolver.
func TestNotAQuestion(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		for _, qtype := range []uint16{dns.TypeAXFR, dns.TypeIXFR} {
			if reply := l.reply("example.com.", qtype); reply.Rcode != dns.RcodeRefused {
				l.Errorf("%s: %s", dns.Type(qtype), dns.RcodeToString[reply.Rcode])
			}
		}
		chaos := new(dns.Msg).SetQuestion("version.bind.", dns.TypeTXT)
		chaos.Question[0].Qclass = dns.ClassCHAOS
		if reply := l.r.Answer(l.Context(), chaos, netip.MustParseAddrPort(studentHost)); reply.Rcode != dns.RcodeRefused {
			l.Errorf("class CH: %s", dns.RcodeToString[reply.Rcode])
		}
		if l.net.all() != 0 {
			l.Errorf("sent %d queries for these", l.net.all())
		}
	})
}

// TestNoRecursionDesired: such a question is answered from the cache, or by a
// referral, and costs nobody else anything.
func TestNoRecursionDesired(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		ask := func() string {
			query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
			query.RecursionDesired = false
			return summary(pack(l, l.r.Answer(l.Context(), query, netip.MustParseAddrPort(studentHost))))
		}
		l.want(ask(), "NOERROR; authority . NS a.root-servers.net.; additional a.root-servers.net. A 198.41.0.4")
		l.ask("ftp.example.com.", dns.TypeMX)
		before := l.net.all()
		l.want(ask(), "NOERROR; authority example.com. NS ns1.example.com., example.com. NS ns2.example.com.; "+
			"additional ns1.example.com. A 192.0.2.1, ns2.example.com. A 192.0.2.2")
		if l.net.all() != before {
			l.Error("it sent queries")
		}
		l.ask("www.example.com.", dns.TypeA)
		l.want(ask(), "NOERROR; answer www.example.com. A 203.0.113.80")
	})
}

// TestTogether: many ask the same at the same time; it is looked up once.
func TestTogether(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		replies := make(chan string)
		for range 50 {
			go func() { replies <- l.ask("www.example.com.", dns.TypeA) }()
		}
		for range 50 {
			l.want(<-replies, "NOERROR; answer www.example.com. A 203.0.113.80")
		}
		if l.net.all() != 3 {
			l.Errorf("%d queries for 50 equal questions, want 3", l.net.all())
		}
	})
}

// TestAskerLeaves: one who waits no longer gets SERVFAIL; the other his answer.
func TestAskerLeaves(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		ctx, cancel := context.WithTimeout(l.Context(), 15*time.Millisecond)
		defer cancel()
		query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
		left := make(chan *dns.Msg)
		go func() { left <- l.r.Answer(ctx, query, netip.MustParseAddrPort(studentHost)) }()
		l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
		if reply := <-left; reply.Rcode != dns.RcodeServerFailure {
			l.Errorf("who left got %s", dns.RcodeToString[reply.Rcode])
		}
	})
}

// TestRestart: Run ends with all its work, and may be called again.
func TestRestart(t *testing.T) {
	inLab(t, func(l *lab) { l.net.hosts[exampleNS1] = silence }, func(l *lab) {
		if err := l.r.Run(l.Context(), l.net); err == nil {
			l.Error("a second Run beside the first began")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.hosts[rootServer] = silence
		r := &Resolver{Roots: []Hint{{Addrs: []netip.Addr{netip.MustParseAddr(rootServer)}}}, Log: slog.New(slog.DiscardHandler)}
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			answered := make(chan *dns.Msg)
			go func() {
				query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
				answered <- r.Answer(t.Context(), query, netip.MustParseAddrPort("127.0.0.1:1"))
			}()
			synctest.Wait() // asked before Run: the question waits
			if err := r.Run(ctx, n); err != nil {
				t.Error(err)
			}
			if reply := <-answered; reply.Rcode != dns.RcodeServerFailure {
				t.Errorf("got %s", dns.RcodeToString[reply.Rcode])
			}
			cancel()
		}
	})
}
