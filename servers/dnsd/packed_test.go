package dnsd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// TestPackedIsTheTextbook asks every question of a big random table both ways,
// with all that a plain query can vary, twice, and compares every byte.
func TestPackedIsTheTextbook(t *testing.T) {
	authority := textbook(t)
	server := &Server{Role: authority, Log: quiet}
	random := rand.New(rand.NewPCG(3, 4))
	quick := 0
	questions := manyQuestions(t)
	for _, asked := range questions {
		for range 2 {
			query := asked.Copy()
			query.Id = uint16(random.Uint32())
			query.RecursionDesired = random.IntN(2) == 0
			query.CheckingDisabled = random.IntN(2) == 0
			if random.IntN(2) == 0 {
				query.SetEdns0(uint16(random.IntN(3000)), random.IntN(2) == 0)
			}
			query.Question[0].Name = shout(random, dns.CanonicalName(query.Question[0].Name))
			packet, err := query.Pack()
			if err != nil {
				t.Fatal(err)
			}
			fast, slow := bothWays(t, server, packet)
			if fast == nil {
				continue // too long: cutting down is left to the textbook
			}
			quick++
			if got, want := unpackedForm(t, fast), unpackedForm(t, slow); got != want {
				t.Fatalf("%s\nquickly:\n%s\nby the book:\n%s", query, got, want)
			}
		}
	}
	t.Logf("%d of %d questions were answered quickly", quick, 2*len(questions))
	if quick < 2*len(questions)*9/10 {
		t.Error("few questions took the short cut")
	}
}

// bothWays answers packet from the packed replies, and by the textbook.
func bothWays(t testing.TB, server *Server, packet []byte) (fast, slow []byte) {
	var q PlainQuery
	if !q.parse(packet, server.udpSize()) {
		t.Fatalf("not plain: %x", packet)
	}
	fast = server.Role.(FastRole).AppendReply(nil, &q, netip.AddrPort{})
	e := &exchange{server: server, send: func(reply []byte) error { slow = reply; return nil }}
	if err := e.handle(t.Context(), packet); err != nil {
		t.Fatal(err)
	}
	return fast, slow
}

// unpackedForm is a reply as text, with the names that follow from a compressed
// one in lower case: how they are written depends on what they point to.
func unpackedForm(t testing.TB, packet []byte) string {
	var m dns.Msg
	if err := m.Unpack(packet); err != nil {
		t.Fatalf("%v: %x", err, packet)
	}
	question := m.Question[0].String()
	return fmt.Sprintf("%s %v %v %s %s", question, m.MsgHdr, m.IsEdns0(), meaning(&m), m.Question[0].Name)
}

// TestPackedForgets: an answer follows the zone, also while it changes.
func TestPackedForgets(t *testing.T) {
	authority := textbook(t)
	zone := authority.Zone("example.com")
	ask := func() int {
		packet, _ := question("fresh.example.com", dns.TypeA).Pack()
		var q PlainQuery
		q.parse(packet, 1232)
		var m dns.Msg
		if err := m.Unpack(authority.AppendReply(nil, &q, netip.AddrPort{})); err != nil {
			t.Error(err)
		}
		return len(m.Answer)
	}
	var others sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					ask()
				}
			}
		})
	}
	for i := range 300 {
		if n := ask(); n != 0 {
			t.Fatalf("round %d: %d answers before there is a record", i, n)
		}
		if err := zone.Add(record(t, "fresh.example.com. 60 IN A 192.0.2.9")); err != nil {
			t.Fatal(err)
		}
		if n := ask(); n != 1 {
			t.Fatalf("round %d: %d answers after the record was added", i, n)
		}
		if err := zone.Remove("fresh.example.com"); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	others.Wait()
}

// TestPackedIsBounded: a flood of different names leaves two generations at
// most, and what is asked for all the time stays.
func TestPackedIsBounded(t *testing.T) {
	var g generations
	g.young = make(map[string][]byte)
	popular := []byte("popular")
	g.put(popular, []byte("reply"))
	for i := range 5 * maxPacked {
		g.put(fmt.Append(nil, i), []byte("x"))
		if g.get(popular) == nil {
			t.Fatalf("the popular one was forgotten after %d others", i)
		}
		if len(g.young) > maxPacked || len(g.old) > maxPacked {
			t.Fatalf("%d and %d replies are kept", len(g.young), len(g.old))
		}
	}
}

func BenchmarkAppendReply(b *testing.B) {
	authority := textbook(b)
	for _, name := range []string{"web.example.com", "www.dept.example.com", "nothing.example.com"} {
		b.Run(name, func(b *testing.B) {
			packet, _ := question(name, dns.TypeA).SetEdns0(1232, false).Pack()
			buf := make([]byte, 0, 1500)
			var q PlainQuery
			b.ReportAllocs()
			for b.Loop() {
				if !q.parse(packet, 1232) || authority.AppendReply(buf, &q, netip.AddrPort{}) == nil {
					b.Fatal("no quick answer")
				}
			}
		})
	}
}

func BenchmarkAnswer(b *testing.B) {
	server := &Server{Role: textbook(b)}
	packet, _ := question("web.example.com", dns.TypeA).SetEdns0(1232, false).Pack()
	b.ReportAllocs()
	for b.Loop() {
		e := &exchange{server: server, send: func([]byte) error { return nil }}
		if err := e.handle(b.Context(), packet); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzPlainQuery: whatever the packet is, when the short cut takes it, it says
// what the textbook says.
func FuzzPlainQuery(f *testing.F) {
	authority := textbook(f)
	server := &Server{Role: authority, Log: quiet}
	for _, query := range manyQuestions(f)[:50] {
		packet, _ := query.Pack()
		f.Add(packet)
		packet, _ = query.SetEdns0(1232, true).Pack()
		f.Add(packet)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		var q PlainQuery
		if !q.parse(packet, server.udpSize()) {
			return
		}
		fast, slow := bothWays(t, server, bytes.Clone(packet))
		if fast == nil {
			return
		}
		if got, want := unpackedForm(t, fast), unpackedForm(t, slow); got != want {
			t.Errorf("quickly:\n%s\nby the book:\n%s", got, want)
		}
	})
}
