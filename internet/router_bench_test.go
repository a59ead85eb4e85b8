package internet

import (
	"context"
	"io"
	"net/netip"
	"testing"

	"github.com/wirebook/wirebook/internet/forward"
)

// BenchmarkTCPThroughRouters measures what a router costs: the same connection
// over a switch alone, through one router, and through two; and what is added when
// the first of them translates addresses.
func BenchmarkTCPThroughRouters(b *testing.B) {
	for _, road := range []struct {
		name, to string
		nat      *forward.NAT
	}{
		{"none", "10.0.1.20", nil},
		{"one", "10.0.2.20", nil}, {"one-NAT", "10.0.2.20", &forward.NAT{Outside: 1}},
		{"two", "10.0.3.10", nil}, {"two-NAT", "10.0.3.10", &forward.NAT{Outside: 1}},
	} {
		b.Run(road.name, func(b *testing.B) {
			r := newRoad(b, roadConfig{})
			if err := r.r1.SetNAT(road.nat); err != nil {
				b.Fatal(err)
			}
			near := try(r.AddHost("near"))(b)
			try(near.Connect(r.nodes["left"].(*Switch), card("10.0.1.20/24")))(b)
			middle := try(r.AddHost("middle host"))(b)
			try(middle.Connect(r.middle, card("10.0.2.20/24")))(b)
			setRoutes(b, middle, "0.0.0.0/0", "10.0.2.1")
			to := map[string]*Host{"10.0.1.20": near, "10.0.2.20": middle, "10.0.3.10": r.bob}[road.to]
			pour(b, r.alice, to, netip.AddrPortFrom(netip.MustParseAddr(road.to), 80).String())
		})
	}
}

// pour sends b.N blocks over one connection, and waits until they have arrived.
func pour(b *testing.B, from, to *Host, address string) {
	const block = 64 << 10
	ln := try(to.Listen(context.Background(), "tcp", address))(b)
	defer ln.Close()
	arrived := make(chan int64)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			arrived <- 0
			return
		}
		n, _ := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{conn}, make([]byte, block))
		conn.Close()
		arrived <- n
	}()
	conn := try(from.DialContext(soon(b), "tcp", address))(b)
	data := make([]byte, block)
	b.SetBytes(block)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(data); err != nil {
			b.Fatal(err)
		}
	}
	conn.Close()
	if n := <-arrived; n != int64(b.N)*block {
		b.Fatalf("%d bytes arrived of %d", n, int64(b.N)*block)
	}
}
