package resolver

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// before lets first say what comes back ahead of what h answers.
func before(h handler, first func(query *dns.Msg, network string) [][]byte) handler {
	return func(query *dns.Msg, network string) [][]byte {
		return append(first(query, network), h(query, network)...)
	}
}

// forged is a reply to query that sends its reader to a host of the forger's.
func forged(query *dns.Msg) *dns.Msg {
	reply := new(dns.Msg).SetReply(query)
	reply.Authoritative = true
	rr, err := dns.NewRR(query.Question[0].Name + " 86400 A 198.51.100.66")
	if err != nil {
		panic(err)
	}
	reply.Answer = []dns.RR{rr}
	return reply
}

// TestForged: a reply that is not to the query is passed over, and the true
// one, which comes after it, is taken.
func TestForged(t *testing.T) {
	for name, forge := range map[string]func(query, reply *dns.Msg){
		"wrong ID":       func(_, reply *dns.Msg) { reply.Id++ },
		"wrong name":     func(_, reply *dns.Msg) { reply.Question[0].Name = "www.example.org." },
		"wrong type":     func(_, reply *dns.Msg) { reply.Question[0].Qtype = dns.TypeTXT },
		"wrong class":    func(_, reply *dns.Msg) { reply.Question[0].Qclass = dns.ClassCHAOS },
		"no question":    func(_, reply *dns.Msg) { reply.Question = nil },
		"two questions":  func(q, reply *dns.Msg) { reply.Question = append(reply.Question, q.Question[0]) },
		"a query":        func(_, reply *dns.Msg) { reply.Response = false },
		"another opcode": func(_, reply *dns.Msg) { reply.Opcode = dns.OpcodeNotify },
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.net.hosts[exampleNS1] = before(l.net.hosts[exampleNS1], func(query *dns.Msg, _ string) [][]byte {
					reply := forged(query)
					forge(query, reply)
					return [][]byte{pack(l, reply)}
				})
			}, func(l *lab) {
				l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
				if n := l.net.count(exampleNS1); n != 1 {
					l.Errorf("asked %d times, want once", n)
				}
			})
		})
	}
}

// TestGarbage: bytes that are no message are passed over as well.
func TestGarbage(t *testing.T) {
	inLab(t, func(l *lab) {
		l.net.hosts[exampleNS1] = before(l.net.hosts[exampleNS1], func(query *dns.Msg, _ string) [][]byte {
			whole := pack(l, forged(query))
			return [][]byte{{}, {0}, whole[:11], whole[:len(whole)-1], make([]byte, 2000)}
		})
	}, func(l *lab) {
		l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
	})
}

// TestGuessing: who sends a reply for each ID is not listened to for long. The
// question is asked again by TCP, where nobody can guess.
func TestGuessing(t *testing.T) {
	inLab(t, func(l *lab) {
		l.net.hosts[exampleNS1] = before(l.net.hosts[exampleNS1], func(query *dns.Msg, network string) [][]byte {
			var guesses [][]byte
			for guess := range uint16(60) {
				if reply := forged(query); network == "udp" {
					reply.Id += 1 + guess
					guesses = append(guesses, pack(l, reply))
				}
			}
			return guesses
		})
	}, func(l *lab) {
		l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
		if !strings.Contains(l.net.take(), "C: "+exampleNS1+" tcp: www.example.com. A") {
			l.Error("it did not ask by TCP")
		}
	})
}

// TestRandomCase: with it, a forger who has the ID right must have the letters
// right too.
func TestRandomCase(t *testing.T) {
	inLab(t, func(l *lab) {
		l.r.RandomCase = true
		l.net.hosts[exampleNS1] = before(l.net.hosts[exampleNS1], func(query *dns.Msg, _ string) [][]byte {
			reply := forged(query)
			reply.Question[0].Name = "www.example.com."
			return [][]byte{pack(l, reply)}
		})
	}, func(l *lab) {
		l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
	})
}

// TestPoison: a server of one zone says things of another, in every section.
// None of it is believed.
func TestPoison(t *testing.T) {
	const evil = "198.51.100.66"
	poison := func(l *lab, section func(*dns.Msg) *[]dns.RR, records ...string) {
		honest := l.net.hosts[hostingNS]
		l.net.hosts[hostingNS] = func(query *dns.Msg, network string) [][]byte {
			reply := new(dns.Msg)
			if err := reply.Unpack(honest(query, network)[0]); err != nil {
				l.Fatal(err)
			}
			for _, text := range records {
				rr, err := dns.NewRR(text)
				if err != nil {
					l.Fatal(err)
				}
				*section(reply) = append(*section(reply), rr)
			}
			return [][]byte{pack(l, reply)}
		}
		l.net.hosts[evil] = func(query *dns.Msg, _ string) [][]byte { return [][]byte{pack(l, forged(query))} }
	}
	ans := func(m *dns.Msg) *[]dns.RR { return &m.Answer }
	ns := func(m *dns.Msg) *[]dns.RR { return &m.Ns }
	extra := func(m *dns.Msg) *[]dns.RR { return &m.Extra }
	for _, tt := range []struct {
		name    string
		section func(*dns.Msg) *[]dns.RR
		records []string
	}{
		{"answer", ans, []string{"www.example.com. 86400 A " + evil}},
		{"authority", ns, []string{"example.com. 86400 NS ns.evil.org.", "com. 86400 NS ns.evil.org.", ". 86400 NS ns.evil.org."}},
		{"additional", extra, []string{"www.example.com. 86400 A " + evil, "a.gtld-servers.net. 86400 A " + evil, "ns1.example.com. A " + evil}},
		{"glue for another zone's server", func(m *dns.Msg) *[]dns.RR {
			ns, _ := dns.NewRR("hosted.com. 86400 NS ns1.example.com.")
			m.Ns = append(m.Ns, ns)
			return &m.Extra
		}, []string{"ns1.example.com. 86400 A " + evil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, func(l *lab) { poison(l, tt.section, tt.records...) }, func(l *lab) {
				l.want(l.ask("www.hosted.com.", dns.TypeA), "NOERROR; answer www.hosted.com. A 203.0.113.90")
				for _, entry := range l.r.Entries() {
					if strings.Contains(fmt.Sprint(entry.Data), "evil") || strings.Contains(fmt.Sprint(entry.Data), evil) {
						l.Errorf("the cache has it: %v", entry)
					}
				}
				l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
				if l.net.count(evil) != 0 {
					l.Error("it asked the poisoner's server")
				}
			})
		})
	}
}

// TestPoisonedAlias: an alias may lead anywhere, but what is there is for the
// servers of that place to say.
func TestPoisonedAlias(t *testing.T) {
	inLab(t, func(l *lab) {
		l.net.hosts[hostingNS] = before(l.net.hosts[hostingNS], func(query *dns.Msg, _ string) [][]byte {
			reply := new(dns.Msg).SetReply(query)
			reply.Authoritative = true
			if query.Question[0].Name != "www.hosted.com." {
				return nil
			}
			alias, _ := dns.NewRR("www.hosted.com. 300 CNAME www.example.com.")
			evil, _ := dns.NewRR("www.example.com. 86400 A 198.51.100.66")
			reply.Answer = []dns.RR{alias, evil}
			return [][]byte{pack(l, reply)}
		})
	}, func(l *lab) {
		l.want(l.ask("www.hosted.com.", dns.TypeA), "NOERROR; answer www.hosted.com. CNAME www.example.com., www.example.com. A 203.0.113.80")
	})
}

// TestLost: datagrams are lost on the way; the question is answered all the same.
func TestLost(t *testing.T) {
	inLab(t, func(l *lab) {
		for addr, host := range l.net.hosts {
			seen := 0
			l.net.hosts[addr] = func(query *dns.Msg, network string) [][]byte {
				if seen++; seen%2 == 1 {
					return nil
				}
				return host(query, network)
			}
		}
	}, func(l *lab) {
		l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
	})
}

// TestTCPBreaks: the server cuts every long answer short, and its TCP is of no
// use either; the other server has the answer.
func TestTCPBreaks(t *testing.T) {
	cut := func(l *lab, overTCP func(reply []byte) [][]byte) {
		full := l.net.hosts[exampleNS1]
		l.net.hosts[exampleNS1] = func(query *dns.Msg, network string) [][]byte {
			if network == "tcp" {
				return overTCP(full(query, network)[0])
			}
			reply := new(dns.Msg).SetReply(query)
			reply.Truncated = true
			return [][]byte{pack(l, reply)}
		}
	}
	for name, overTCP := range map[string]func([]byte) [][]byte{
		"silent":       func([]byte) [][]byte { return nil },
		"cut":          func(reply []byte) [][]byte { return [][]byte{reply[:20]} },
		"empty":        func([]byte) [][]byte { return [][]byte{{}} },
		"other answer": func(reply []byte) [][]byte { reply[0]++; return [][]byte{reply} },
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) { cut(l, overTCP) }, func(l *lab) {
				l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
			})
		})
	}
}

// TestDualStack: a server has addresses of both families; the one without a
// route costs no time, and a server that has only IPv6 is found too.
func TestDualStack(t *testing.T) {
	const v6 = "2001:db8::53"
	inLab(t, func(l *lab) {
		l.net.hosts[comServer] = serving(l, comZone+"six.com. NS ns.six.com.\nns.six.com. AAAA 2001:db8::53\nns.six.com. AAAA 2001:db8::54\nns.six.com. A 192.0.2.250\n")
		l.net.hosts[v6] = serving(l, "six.com. SOA ns.six.com. h.six.com. 1 2 3 4 60\nwww.six.com. A 203.0.113.6\n")
	}, func(l *lab) {
		start := time.Now()
		l.want(l.ask("www.six.com.", dns.TypeA), "NOERROR; answer www.six.com. A 203.0.113.6")
		if took := time.Since(start); took > 100*time.Millisecond {
			l.Errorf("took %v", took)
		}
	})
	inLab(t, func(l *lab) {
		l.net.hosts[comServer] = serving(l, comZone+"six.com. NS ns6.hosting.org.\n")
		l.net.hosts[hostingNS] = serving(l, "hosting.org. SOA ns.hosting.org. h.hosting.org. 1 2 3 4 60\nns.hosting.org. A "+hostingNS+"\nns6.hosting.org. AAAA "+v6+"\n")
		l.net.hosts[v6] = serving(l, "six.com. SOA ns.six.com. h.six.com. 1 2 3 4 60\nwww.six.com. A 203.0.113.6\n")
	}, func(l *lab) {
		l.want(l.ask("www.six.com.", dns.TypeA), "NOERROR; answer www.six.com. A 203.0.113.6")
	})
}

// TestLoopback: a zone says that its server is this very host. Nobody's zone
// shall make the resolver send to what listens there.
func TestLoopback(t *testing.T) {
	inLab(t, func(l *lab) {
		l.net.hosts[comServer] = serving(l, comZone+"inside.com. NS ns.inside.com.\nns.inside.com. A 127.0.0.1\nns.inside.com. AAAA ::1\n")
		l.net.hosts["127.0.0.1"] = silence
		l.net.hosts["::1"] = silence
	}, func(l *lab) {
		l.want(l.ask("www.inside.com.", dns.TypeA), "SERVFAIL")
		if l.net.count("127.0.0.1")+l.net.count("::1") != 0 {
			l.Error("it asked its own host")
		}
	})
}

// TestLoops: zones that need each other, or themselves, in order to be found.
func TestLoops(t *testing.T) {
	for name, delegations := range map[string]string{
		"itself":     "loop.com. NS ns.loop.com.\n",
		"each other": "loop.com. NS ns.pool.com.\npool.com. NS ns.loop.com.\n",
		"three":      "loop.com. NS ns.a.com.\na.com. NS ns.b.com.\nb.com. NS ns.loop.com.\n",
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) { l.net.hosts[comServer] = serving(l, comZone+delegations) }, func(l *lab) {
				l.want(l.ask("www.loop.com.", dns.TypeA), "SERVFAIL")
				if n := l.net.all(); n > 15 {
					l.Errorf("%d queries", n)
				}
				l.want(l.ask("www.example.com.", dns.TypeA), "NOERROR; answer www.example.com. A 203.0.113.80")
			})
		})
	}
}

// TestDeep: a hundred zones, each in the one before.
func TestDeep(t *testing.T) {
	const depth = 100
	inLab(t, func(l *lab) {
		l.net.hosts[comServer] = func(query *dns.Msg, _ string) [][]byte {
			reply := new(dns.Msg).SetReply(query)
			labels := dns.SplitDomainName(query.Question[0].Name)
			// One server for all: it answers with the next delegation.
			l.net.mu.Lock()
			next := min(l.net.asked[comServer]+2, len(labels))
			l.net.mu.Unlock()
			zone := dns.Fqdn(strings.Join(labels[len(labels)-next:], "."))
			ns, _ := dns.NewRR(zone + " 300 NS ns." + zone)
			a, _ := dns.NewRR("ns." + zone + " 300 A " + comServer)
			reply.Ns, reply.Extra = []dns.RR{ns}, []dns.RR{a}
			return [][]byte{pack(l, reply)}
		}
	}, func(l *lab) {
		l.want(l.ask(strings.Repeat("a.", depth)+"com.", dns.TypeA), "SERVFAIL")
		if n := l.net.all(); n > 31 {
			l.Errorf("%d queries, want no more than 30 referrals take", n)
		}
	})
}

// TestAmplification: one referral names many servers of a victim's (NXNS). The
// victim must not get a flood for one question.
func TestAmplification(t *testing.T) {
	inLab(t, func(l *lab) {
		l.net.hosts[hostingNS] = func(query *dns.Msg, _ string) [][]byte {
			reply := new(dns.Msg).SetReply(query)
			if name := query.Question[0].Name; name == "ns.hosting.org." {
				reply.Authoritative = true
				a, _ := dns.NewRR("ns.hosting.org. 300 A " + hostingNS)
				reply.Answer = []dns.RR{a}
				return [][]byte{pack(l, reply)}
			}
			for i := range 200 {
				ns, _ := dns.NewRR(fmt.Sprintf("%s 300 NS fake%d.example.com.", query.Question[0].Name, i))
				reply.Ns = append(reply.Ns, ns)
			}
			reply.Compress = true
			return [][]byte{pack(l, reply)}
		}
	}, func(l *lab) {
		l.want(l.ask("attack.hosted.com.", dns.TypeA), "SERVFAIL")
		if n := l.net.count(exampleNS1) + l.net.count(exampleNS2); n > 8 {
			l.Errorf("the victim got %d queries for one question", n)
		}
	})
}

// TestBudget: whatever a zone is like, a question costs no more queries than
// the limit says.
func TestBudget(t *testing.T) {
	inLab(t, func(l *lab) {
		l.r.Limits.Queries = 25
		l.net.hosts[comServer] = func(query *dns.Msg, _ string) [][]byte {
			// Each name needs eight others.
			reply := new(dns.Msg).SetReply(query)
			for i := range 8 {
				ns, _ := dns.NewRR(fmt.Sprintf("%s 300 NS n%d-%d.com.", query.Question[0].Name, i, l.net.count(comServer)))
				reply.Ns = append(reply.Ns, ns)
			}
			return [][]byte{pack(l, reply)}
		}
	}, func(l *lab) {
		l.want(l.ask("www.bush.com.", dns.TypeA), "SERVFAIL")
		if n := l.net.all(); n != 25 {
			l.Errorf("%d queries, want 25", n)
		}
	})
}

// TestFlights: more questions at once than allowed are turned away at once.
func TestFlights(t *testing.T) {
	inLab(t, func(l *lab) {
		l.r.Limits.Flights = 5
		l.net.hosts[rootServer] = silence
	}, func(l *lab) {
		replies := make(chan time.Duration)
		start := time.Now()
		for i := range 8 {
			go func() {
				l.want(l.ask(fmt.Sprintf("www%d.example.com.", i), dns.TypeA), "SERVFAIL")
				replies <- time.Since(start)
			}()
		}
		for range 3 {
			if took := <-replies; took != 0 {
				l.Errorf("turned away after %v", took)
			}
		}
		for range 5 {
			<-replies
		}
	})
}

// TestCacheBound: what is kept has a limit, whatever is asked; what was used
// last stays.
func TestCacheBound(t *testing.T) {
	inLab(t, func(l *lab) {
		l.r.Limits.Cache = 40 << 10
		full := l.net.hosts[exampleNS1]
		every := func(query *dns.Msg, network string) [][]byte {
			if strings.HasPrefix(query.Question[0].Name, "host") {
				return [][]byte{pack(l, forged(query))}
			}
			return full(query, network)
		}
		l.net.hosts[exampleNS1], l.net.hosts[exampleNS2] = every, every
	}, func(l *lab) {
		for i := range 1000 {
			l.ask(fmt.Sprintf("host%d.example.com.", i), dns.TypeA)
		}
		entries := l.r.Entries()
		if len(entries) < 50 || len(entries) > 150 {
			l.Errorf("%d entries in 40 KiB", len(entries))
		}
		if l.r.packed.size > 40<<10 || len(l.r.packed.replies) < 50 {
			l.Errorf("%d packed replies, %d bytes", len(l.r.packed.replies), l.r.packed.size)
		}
		// com's servers were asked once; example.com's were used all the time.
		if n := l.net.count(rootServer) + l.net.count(comServer); n != 2 {
			l.Errorf("the way to example.com was lost: %d queries to root and com", n)
		}
		names := map[string]bool{}
		for _, e := range entries {
			names[e.Name] = true
		}
		if names["host0.example.com."] || !names["host999.example.com."] {
			l.Error("it is not the oldest that went")
		}
		l.r.Flush()
		if left := l.r.Entries(); len(left) != 0 {
			l.Errorf("after Flush: %v", left)
		}
	})
}

// TestDelegationEnds: a zone's own servers may not lengthen the time for which
// the parent has delegated it to them. The parent's word is good for 300 s;
// the zone's own NS records say 3600.
func TestDelegationEnds(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		l.ask("example.com.", dns.TypeNS)
		time.Sleep(200 * time.Second)
		l.ask("ns1.example.com.", dns.TypeA) // so that the servers stay in reach
		l.ask("ns2.example.com.", dns.TypeA)
		if n := l.net.count(comServer); n != 1 {
			l.Fatalf("com was asked %d times, want 1", n)
		}
		time.Sleep(101 * time.Second)
		l.want(l.ask("short.example.com.", dns.TypeA), "NOERROR; answer short.example.com. A 203.0.113.81")
		if n := l.net.count(comServer); n != 2 {
			l.Errorf("com was asked %d times, want once more", n)
		}
	})
}

// TestEntries shows the cache as a console does.
func TestEntries(t *testing.T) {
	inLab(t, nil, func(l *lab) {
		l.ask("nobody.example.com.", dns.TypeA)
		l.ask("ftp.example.com.", dns.TypeA)
		time.Sleep(10 * time.Second)
		var text strings.Builder
		for _, e := range l.r.Entries() {
			fmt.Fprintf(&text, "%s %s %v %v %s\n", e.Name, e.Type, e.Data, e.TTL, e.Rank)
		}
		golden(l.T, "entries", text.String())
	})
}

// FuzzSift: whatever a server says, nothing outside its zone is learned.
func FuzzSift(f *testing.F) {
	for _, zone := range []string{exampleZone, comZone} {
		h := serving(f, zone)
		for _, name := range []string{"www.example.com.", "gone.example.com.", "blog.example.com.", "x.nobody.example.com."} {
			f.Add(h(new(dns.Msg).SetQuestion(name, dns.TypeA), "udp")[0], name)
		}
	}
	limits := Limits{}.orDefaults()
	f.Fuzz(func(t *testing.T, packet []byte, name string) {
		reply := new(dns.Msg)
		if reply.Unpack(packet) != nil {
			return
		}
		k := key{dns.CanonicalName(name), dns.TypeA}
		if _, ok := dns.IsDomainName(k.name); !ok {
			return
		}
		for _, zone := range []string{"example.com.", "."} {
			now := time.Unix(1_700_000_000, 0)
			v := sift(reply, zone, k, now, limits)
			for _, s := range v.learned {
				if !dns.IsSubDomain(zone, s.name) {
					t.Errorf("a server of %s is believed about %v", zone, s.key)
				}
				if s.expires > now.Add(limits.TTL).Unix() {
					t.Errorf("%v is kept until %d", s.key, s.expires)
				}
				s.data()
				s.records(s.name, now)
			}
			if v.child != nil && (!dns.IsSubDomain(zone, v.child.name) || v.child.name == zone || !dns.IsSubDomain(v.child.name, k.name)) {
				t.Errorf("a referral for %s from %s to %s", k.name, zone, v.child.name)
			}
			if v.answer != nil && !dns.IsSubDomain(v.answer.name, k.name) {
				t.Errorf("the answer for %s is about %s", k.name, v.answer.name)
			}
		}
	})
}

// FuzzAccepts: no packet harms the reader of replies.
func FuzzAccepts(f *testing.F) {
	w := &walk{Resolver: &Resolver{}}
	f.Add(pack(f, forged(new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA))))
	f.Fuzz(func(t *testing.T, packet []byte) {
		q := w.newQuery(key{"www.example.com.", dns.TypeA}, true)
		if reply := q.accepts(packet); reply != nil && (reply.Id != q.Id || !reply.Response) {
			t.Errorf("took %v", reply)
		}
	})
}

func TestReadHints(t *testing.T) {
	hints, err := ReadHints(strings.NewReader(`
; the root
.                   3600000 NS A.ROOT-SERVERS.NET.
A.ROOT-SERVERS.NET. 3600000 A 198.41.0.4
A.ROOT-SERVERS.NET. 3600000 AAAA 2001:503:ba3e::2:30
.                   3600000 NS B.ROOT-SERVERS.NET.
`), "named.root")
	if err != nil {
		t.Fatal(err)
	}
	want := []netip.Addr{netip.MustParseAddr("198.41.0.4"), netip.MustParseAddr("2001:503:ba3e::2:30")}
	if len(hints) != 1 || hints[0].Name != "a.root-servers.net." || fmt.Sprint(hints[0].Addrs) != fmt.Sprint(want) {
		t.Errorf("got %v", hints)
	}
	for _, bad := range []string{"", ". NS", "example.com. 1 A 192.0.2.1"} {
		if _, err := ReadHints(strings.NewReader(bad), "bad.root"); err == nil || !strings.Contains(err.Error(), "bad.root") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}
