package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/internal/forge"
)

// renumber gives frames that are shown again IDs of their own.
func renumber(frames []frame.Frame, id uint64) uint64 {
	for i := range frames {
		id++
		frames[i].ID = id
	}
	return id
}

// BenchmarkBulk is a long body: a frame is seen on two links, as behind a
// switch, and every second one acknowledged.
func BenchmarkBulk(b *testing.B) {
	n := new(forge.Network)
	c, frames := n.Dial(alice, bob, 40000, 80)
	frames = append(frames, c.Say(0, "GET / HTTP/1.1\r\nHost: bob\r\n\r\n")...)
	frames = append(frames, c.Say(1, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 1<<40))...)
	const segments = 1000
	var bulk []frame.Frame
	for i := range segments {
		f := c.Say(1, strings.Repeat("x", 1460))[0]
		bulk = append(bulk, f, forge.Again(f, alice, 0))
		if i%2 == 1 {
			ack := c.Segment(0, nil, nil)
			bulk = append(bulk, ack, forge.Again(ack, bob, 0))
		}
	}
	// The same segments cannot be new twice: each round is a connection of its own.
	id := uint64(1 << 20)
	for b.Loop() {
		b.StopTimer()
		w := wire.New(wire.Options{})
		w.See(frames...)
		id = renumber(bulk, id)
		b.StartTimer()
		w.See(bulk...)
		b.StopTimer()
		w.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*len(bulk))/b.Elapsed().Seconds(), "frames/s")
	b.ReportMetric(float64(b.N*segments*1460)/b.Elapsed().Seconds()/1e6, "MB/s")
}

// BenchmarkDNS is small datagrams: a query and its reply.
func BenchmarkDNS(b *testing.B) {
	n := new(forge.Network)
	query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
	reply := new(dns.Msg).SetReply(query)
	rr, _ := dns.NewRR("www.example.com. 60 A 192.0.2.1")
	reply.Answer = []dns.RR{rr}
	pair := []frame.Frame{n.UDP(alice, bob, 40000, 53, packed(query)), n.UDP(bob, alice, 53, 40000, packed(reply))}
	w := wire.New(wire.Options{})
	defer w.Close()
	events := w.Subscribe(100)
	defer events.Close()
	b.ReportAllocs()
	id := uint64(0)
	for b.Loop() {
		id = renumber(pair, id)
		w.See(pair...)
	}
	b.ReportMetric(float64(2*b.N)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkHTTP is requests on one connection after another.
func BenchmarkHTTP(b *testing.B) {
	n := new(forge.Network)
	var frames []frame.Frame
	const connections, requests = 50, 20
	for i := range connections {
		c, open := n.Dial(alice, bob, uint16(2000+i), 80)
		frames = append(frames, open...)
		for range requests {
			frames = append(frames, c.Say(0, "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n")...)
			frames = append(frames, c.Say(1, "HTTP/1.1 200 OK\r\nDate: x\r\nServer: y\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")...)
		}
		frames = append(frames, c.Close(0)...)
	}
	b.ReportAllocs()
	id := uint64(1 << 20)
	for b.Loop() {
		w := wire.New(wire.Options{})
		events := w.Subscribe(100)
		id = renumber(frames, id)
		w.See(frames...)
		events.Close()
		w.Close()
	}
	b.ReportMetric(float64(b.N*2*connections*requests)/b.Elapsed().Seconds(), "messages/s")
}
