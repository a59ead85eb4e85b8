package wire_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internet/forward"
	"github.com/wirebook/wirebook/wire"
)

// What goes through a NAT is told once, between the hosts: HTTP, a ping, and an
// ICMP error about a datagram, each answer with its question.
func TestThroughNAT(t *testing.T) {
	s := newStage(t, wire.Options{})
	if err := s.gw.SetNAT(&forward.NAT{Outside: 1}); err != nil {
		t.Fatal(err)
	}
	serveHTTP(t, s.www, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RemoteAddr) })
	web := client(s.alice)
	get(t, web, "http://10.0.2.80/")
	web.CloseIdleConnections()
	if _, err := s.alice.Ping(t.Context(), netip.MustParseAddr("10.0.2.80")); err != nil {
		t.Fatal(err)
	}
	conn := must(s.alice.DialContext(t.Context(), "udp", "10.0.2.80:9"))(t)
	defer conn.Close()
	if _, err := conn.Write([]byte("anybody?")); err != nil {
		t.Fatal(err)
	}
	s.Settle()
	var got []string
	ids := make(map[uint64]int)
	conversations := make(map[uint64]bool)
	for _, m := range s.finish() {
		if m.Protocol == "ARP" || m.Packet {
			continue
		}
		words := strings.Fields(m.Summary)
		line := fmt.Sprintf("%s > %s: %s %s", m.From, m.To, m.Protocol, words[0])
		if m.Answers != 0 {
			line += fmt.Sprintf(" (answers %d)", ids[m.Answers])
		}
		got = append(got, line)
		ids[m.ID] = len(got)
		conversations[m.Conversation] = true
	}
	want := []string{
		"alice > www: HTTP GET",
		"www > alice: HTTP HTTP/1.1 (answers 1)",
		"alice > www: ICMP echo",
		"www > alice: ICMP echo (answers 3)",
		"alice > www: UDP 8",
		"www > alice: ICMP port (answers 5)",
	}
	if !slices.Equal(got, want) || len(conversations) != 3 {
		t.Errorf("%d conversations:\n%s\nwant 3:\n%s", len(conversations), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
