package dns_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	miekg "github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	"github.com/wirebook/wirebook/wire/dns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func dissector() dissect.DatagramDissector { return dns.Protocol.New().(dissect.DatagramDissector) }

// message builds one with miekg/dns, the names compressed.
func message(t testing.TB, change func(*miekg.Msg), records ...string) []byte {
	m := new(miekg.Msg).SetQuestion("www.example.com.", miekg.TypeA)
	m.Id, m.Compress = 0x1234, true
	if len(records) > 0 {
		m.Response = true
	}
	for _, record := range records {
		rr, err := miekg.NewRR(record)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	if change != nil {
		change(m)
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func authority(m *miekg.Msg) { m.Ns, m.Answer = m.Answer, nil }

func TestSummaries(t *testing.T) {
	for _, test := range []struct {
		name         string
		bytes        []byte
		summary, key string
	}{
		{"query", message(t, nil), "A? www.example.com", "query.recursive"},
		{"iterative", message(t, func(m *miekg.Msg) { m.RecursionDesired = false }), "A? www.example.com", "query"},
		{"answer", message(t, nil, "www.example.com. 60 A 192.0.2.1"), "A www.example.com 192.0.2.1", "response.answer"},
		{"two", message(t, nil, "www.example.com. 60 A 192.0.2.1", "www.example.com. 60 A 192.0.2.2"), "A www.example.com 192.0.2.1 +1", "response.answer"},
		{"alias", message(t, nil, "www.example.com. 60 CNAME web.example.com.", "web.example.com. 60 A 192.0.2.2"), "A www.example.com 192.0.2.2 +1", "response.answer"},
		{"referral", message(t, authority, "example.com. 60 NS ns1.example.com."), "NS example.com ns1.example.com", "response.referral"},
		{"nodata", message(t, authority, "example.com. 60 SOA ns1.example.com. root.example.com. 1 2 3 4 5"), "NODATA A www.example.com", "response.nodata"},
		{"nxdomain", message(t, func(m *miekg.Msg) { m.Response, m.Rcode = true, miekg.RcodeNameError }), "NXDOMAIN A www.example.com", "response.nxdomain"},
		{"refused", message(t, func(m *miekg.Msg) { m.Response, m.Rcode = true, miekg.RcodeRefused }), "REFUSED A www.example.com", "response.refused"},
		{"badvers", message(t, func(m *miekg.Msg) { m.Response, m.Rcode = true, miekg.RcodeBadVers; m.SetEdns0(512, false) }), "BADVERS A www.example.com", "response.error"},
		{"truncated", message(t, func(m *miekg.Msg) { m.Response, m.Truncated = true, true }), "TC A www.example.com", "response.truncated"},
		{"axfr", message(t, func(m *miekg.Msg) { m.Question[0].Qtype = miekg.TypeAXFR }), "AXFR? www.example.com", "query.transfer"},
		{"notify", message(t, func(m *miekg.Msg) { m.Opcode, m.Question[0].Qtype = miekg.OpcodeNotify, miekg.TypeSOA }), "NOTIFY SOA www.example.com", "notify"},
		{"unknown type", message(t, func(m *miekg.Msg) { m.Question[0].Qtype = 65280 }), "TYPE65280? www.example.com", "query.recursive"},
	} {
		t.Run(test.name, func(t *testing.T) {
			part := dissector().Datagram(datagram(test.bytes))
			if part.Summary != test.summary || part.Key != "message.dns."+test.key {
				t.Errorf("%q %s, want %q %s", part.Summary, part.Key, test.summary, test.key)
			}
			if !slices.Contains(dns.Protocol.Keys, part.Key) {
				t.Errorf("%s is not among the protocol's keys", part.Key)
			}
			checkTree(t, part, test.bytes)
		})
	}
}

func datagram(b []byte) *dissect.Datagram {
	return &dissect.Datagram{Ref: dissect.Ref{ID: 1}, From: rehearse.Server, To: rehearse.Client, Payload: b, Expect: func(dissect.Expectation) {}}
}

func checkTree(t testing.TB, part *dissect.Part, b []byte) {
	t.Helper()
	var walk func(fields []dissect.Field)
	walk = func(fields []dissect.Field) {
		for _, f := range fields {
			if f.Offset < 0 || f.Length < 0 || f.Offset+f.Length > len(b) {
				t.Errorf("field %s at %d+%d of %d bytes", f.Name, f.Offset, f.Length, len(b))
			}
			walk(f.Children)
		}
	}
	walk(part.Tree(b))
}

// put changes bytes of a message.
func put(b []byte, at int, with ...byte) []byte {
	b = slices.Clone(b)
	copy(b[at:], with)
	return b
}

func TestFindings(t *testing.T) {
	query, reply := message(t, nil), message(t, nil, "www.example.com. 60 A 192.0.2.1")
	answer := len(query) // where the reply's record begins
	long := strings.Repeat("\x3f"+strings.Repeat("a", 63), 4) + "\x00"
	for _, test := range []struct {
		name  string
		bytes []byte
		want  string
		at    int
	}{
		{"cut", reply[:len(reply)-2], "cut", len(reply) - 2},
		{"trailing", append(slices.Clone(query), 1, 2, 3), "trailing", len(query)},
		{"loop to itself", put(reply, answer, 0xc0, byte(answer)), "name.loop", answer},
		{"pointer ahead", put(reply, answer, 0xc0, byte(answer+4)), "name.loop", answer},
		{"label", put(reply, answer, 0x80, 0), "name.label", answer},
		{"long name", append(slices.Clone(query[:12]), long...), "name.too-long", 12},
		{"TTL", put(reply, answer+6, 0x80), "ttl.too-large", answer + 6},
		{"no question", put(query[:12], 4, 0, 0), "question.count", 4},
		{"truncated", message(t, func(m *miekg.Msg) { m.Response, m.Truncated = true, true }), "response.truncated", 2},
		{"two OPT", message(t, func(m *miekg.Msg) { m.SetEdns0(512, false).SetEdns0(600, false) }), "edns.repeated", answer + 11},
	} {
		t.Run(test.name, func(t *testing.T) {
			part := dissector().Datagram(datagram(test.bytes))
			checkTree(t, part, test.bytes)
			for _, f := range part.Findings {
				if f.Key == "finding.dns."+test.want {
					if f.Offset != test.at {
						t.Errorf("at byte %d, want %d", f.Offset, test.at)
					}
					return
				}
			}
			t.Errorf("found %+v, want %s", part.Findings, test.want)
		})
	}
}

func TestTooLongForUDP(t *testing.T) {
	for size, want := range map[uint16]bool{0: true, 512: true, 1232: false} {
		d := dissector()
		query := message(t, func(m *miekg.Msg) {
			if size > 0 {
				m.SetEdns0(size, false)
			}
		})
		d.Datagram(&dissect.Datagram{Ref: dissect.Ref{ID: 1}, From: rehearse.Client, To: rehearse.Server, Payload: query})
		part := d.Datagram(datagram(message(t, nil, `www.example.com. 60 TXT "`+strings.Repeat("x", 250)+`" "`+strings.Repeat("y", 250)+`"`)))
		got := slices.ContainsFunc(part.Findings, func(f dissect.Finding) bool { return f.Key == "finding.dns.udp.too-long" })
		if got != want || part.Answers.ID != 1 {
			t.Errorf("EDNS size %d: found %v, answers %d", size, got, part.Answers.ID)
		}
	}
}

func TestPointersAreShown(t *testing.T) {
	b := message(t, nil, "www.example.com. 60 MX 10 mail.example.com.")
	part := dissector().Datagram(datagram(b))
	tree := part.Tree(b)
	for key, want := range map[string]string{
		"dns.id": "0x1234", "dns.flag.QR": "1", "dns.qname": "www.example.com", "dns.mx.exchange": "mail.example.com",
		"dns.mx.preference": "10", "dns.compression": "byte 12: www.example.com", "dns.rr.ttl": "60 s",
	} {
		if f := dissect.Find(tree, key); f == nil || f.Value != want {
			t.Errorf("%s is %+v, want %s", key, f, want)
		}
	}
}

func framed(messages ...[]byte) []byte {
	var b []byte
	for _, m := range messages {
		b = binary.BigEndian.AppendUint16(b, uint16(len(m)))
		b = append(b, m...)
	}
	return b
}

func TestTCP(t *testing.T) {
	query, reply := message(t, nil), message(t, nil, "www.example.com. 60 A 192.0.2.1")
	turns := []rehearse.Turn{
		{Data: framed(query, query)}, {Server: true, Data: framed(reply, reply)},
		{Server: true, Data: framed(reply)[:20], Close: true},
	}
	const want = `> "A? www.example.com" message.dns.query.recursive, 35 bytes
> "A? www.example.com" message.dns.query.recursive, 35 bytes
< "A www.example.com 192.0.2.1" message.dns.response.answer, 51 bytes, answers 2
< "A www.example.com 192.0.2.1" message.dns.response.answer, 51 bytes, answers 2
`
	stream := func() dissect.StreamDissector { return dns.Protocol.New().(dissect.StreamDissector) }
	for size := range 40 {
		said := rehearse.Play(stream(), turns, func(int) int { return size })
		got := rehearse.Text(said)
		if !strings.HasPrefix(got, want) || !strings.Contains(got, "finding.dns.tcp.cut") {
			t.Errorf("in segments of %d:\n%s\nwant:\n%s", size, got, want)
		}
		checkTree(t, &said[2].Part, said[2].Span.Bytes)
	}
}

func TestEveryRuleIsListed(t *testing.T) {
	for _, key := range []string{"finding.dns.response.id", "finding.dns.name.loop", "message.dns.response.referral"} {
		if !slices.Contains(dns.Protocol.Keys, key) {
			t.Errorf("no %s", key)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(message(f, nil))
	f.Add(message(f, nil, "www.example.com. 60 MX 10 mail.example.com.", "example.com. 1 SOA a. b. 1 2 3 4 5", `x. 1 TXT "a" "b"`))
	f.Add(message(f, func(m *miekg.Msg) { m.SetEdns0(1232, true) }, "www.example.com. 60 AAAA 2001:db8::1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		part := dissector().Datagram(datagram(b))
		if part == nil {
			if len(b) >= 12 {
				t.Error("a whole header was taken for nothing")
			}
			return
		}
		checkTree(t, part, b)
		for _, found := range part.Findings {
			if found.Offset < 0 || found.Length < 0 || found.Offset+found.Length > len(b) {
				t.Errorf("finding %s at %d+%d of %d", found.Key, found.Offset, found.Length, len(b))
			}
			if !slices.Contains(dns.Protocol.Keys, found.Key) {
				t.Errorf("%s is not among the protocol's keys", found.Key)
			}
		}
		// What miekg/dns reads, we read, but for a question that is cut short.
		if slices.ContainsFunc(part.Findings, func(f dissect.Finding) bool { return f.Key == "finding.dns.cut" }) {
			return
		}
		var oracle miekg.Msg
		if oracle.Unpack(b) == nil && len(oracle.Question) > 0 {
			m := part.Value.(*dns.Message)
			if len(m.Questions) == 0 || !strings.EqualFold(m.Questions[0].Name, oracle.Question[0].Name) {
				t.Errorf("questions %v, want %v", m.Questions, oracle.Question)
			}
		}
	})
}

func FuzzTCP(f *testing.F) {
	f.Add(framed(message(f, nil)), framed(message(f, nil, "www.example.com. 60 A 192.0.2.1")), []byte{1, 7})
	f.Fuzz(func(t *testing.T, client, server, cuts []byte) {
		turns := []rehearse.Turn{{Data: client}, {Server: true, Data: server}}
		stream := func() dissect.StreamDissector { return dns.Protocol.New().(dissect.StreamDissector) }
		i := 0
		cut := func(int) int {
			if len(cuts) == 0 {
				return 1
			}
			i++
			return int(cuts[i%len(cuts)])
		}
		if got, want := rehearse.Text(rehearse.Play(stream(), turns, cut)), rehearse.Text(rehearse.Play(stream(), turns, nil)); got != want {
			t.Errorf("cut:\n%s\nwhole:\n%s", got, want)
		}
	})
}
