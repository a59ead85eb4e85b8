package internet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/netx"
)

// observe watches in as world does: a ring, and somebody who reads it.
func observe(t testing.TB, in *Internet) *frame.Ring {
	ring := frame.NewRing(1 << 14)
	t.Cleanup(in.Tap(ring))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		frames := make([]frame.Frame, 256)
		for {
			if _, err := ring.Read(ctx, frames); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ring
}

func BenchmarkThousandHosts(b *testing.B) {
	for b.Loop() {
		l := thousandHosts(b)
		b.StopTimer()
		l.Close()
		b.StartTimer()
	}
}

func thousandHosts(t testing.TB) *lan {
	l := newLAN(t, Config{})
	for n := range 1000 {
		h, err := l.AddHost(fmt.Sprintf("host%d", n))
		if err != nil {
			t.Fatal(err)
		}
		a := netip.AddrFrom4([4]byte{10, 0, byte(n / 250), byte(1 + n%250)})
		if _, err := h.Connect(l.sw, CardConfig{Addrs: []netip.Prefix{netip.PrefixFrom(a, 16)}}); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// places are where a benchmark runs: the same program here and on the kernel.
func places(b *testing.B, run func(b *testing.B, client, server netx.Network, address string)) {
	for name, c := range map[string]clock.Clock{"internet": clock.System, "movable": clock.NewMovable()} {
		b.Run(name, func(b *testing.B) {
			l := newLAN(b, Config{Clock: c})
			observe(b, l.Internet)
			run(b, l.host(b, "alice", 1), l.host(b, "bob", 2), "10.0.0.2:0")
		})
	}
	b.Run("kernel", func(b *testing.B) { run(b, netx.OS{}, netx.OS{}, "127.0.0.1:0") })
}

func BenchmarkTCP(b *testing.B) {
	places(b, func(b *testing.B, client, server netx.Network, address string) {
		ctx := context.Background()
		ln, err := server.Listen(ctx, "tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		defer ln.Close()
		const size = 1 << 20
		done := make(chan error, 1)
		go func() {
			c, err := ln.Accept()
			if err == nil {
				_, err = io.Copy(io.Discard, struct{ io.Reader }{c})
				c.Close()
			}
			done <- err
		}()
		c, err := client.DialContext(ctx, "tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		data := make([]byte, size)
		b.SetBytes(size)
		for b.Loop() {
			if _, err := c.Write(data); err != nil {
				b.Fatal(err)
			}
		}
		c.Close()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkHTTP(b *testing.B) {
	places(b, func(b *testing.B, client, server netx.Network, address string) {
		ln, err := server.Listen(context.Background(), "tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, strings.Repeat("x", 512))
		})}
		done := make(chan struct{})
		go func() { defer close(done); srv.Serve(ln) }()
		transport := &http.Transport{DialContext: client.DialContext, MaxIdleConnsPerHost: 100}
		url := "http://" + ln.Addr().String() + "/"
		b.SetParallelism(4)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			c := http.Client{Transport: transport}
			for pb.Next() {
				resp, err := c.Get(url)
				if err != nil {
					b.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
		b.StopTimer()
		transport.CloseIdleConnections()
		srv.Close()
		<-done
	})
}
