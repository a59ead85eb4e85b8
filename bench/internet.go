package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
)

// benchInternet measures the miniature Internet: how much a host costs, and what
// two of them on a switch do beside the kernel's loopback, with an observer on
// and on the clock that worlds have. Client and server are one process here,
// on both sides of the comparison.
func benchInternet(ctx context.Context) error {
	if err := benchThousandHosts(); err != nil {
		return err
	}
	const rounds = 5
	var ratesHere, ratesKernel, repliesHere, repliesKernel []float64
	for range rounds { // by turns, so that a busy moment of the machine meets both
		for _, m := range []struct {
			run          func(ctx context.Context, client, server netx.Network, address string) (float64, error)
			here, kernel *[]float64
		}{
			{streamBytes, &ratesHere, &ratesKernel},
			{httpReplies, &repliesHere, &repliesKernel},
		} {
			here, err := onMiniature(ctx, m.run)
			if err != nil {
				return err
			}
			kernel, err := m.run(ctx, netx.OS{}, netx.OS{}, "127.0.0.1:0")
			if err != nil {
				return err
			}
			*m.here = append(*m.here, here)
			*m.kernel = append(*m.kernel, kernel)
		}
	}
	here, kernel := median(ratesHere), median(ratesKernel)
	fmt.Printf("TCP, MTU 1500      %7.0f MB/s   kernel's loopback %7.0f MB/s   ratio %.2f\n", here/1e6, kernel/1e6, here/kernel)
	here, kernel = median(repliesHere), median(repliesKernel)
	fmt.Printf("HTTP, 512 bytes    %7.0f /s     kernel's loopback %7.0f /s     ratio %.2f\n", here, kernel, here/kernel)
	return nil
}

func benchThousandHosts() error {
	const hosts = 1000
	before := memoryInUse()
	start := time.Now()
	in := internet.New(internet.Config{})
	defer in.Close()
	sw, err := in.AddSwitch("switch")
	if err != nil {
		return err
	}
	for n := range hosts {
		h, err := in.AddHost(fmt.Sprintf("host%d", n))
		if err != nil {
			return err
		}
		a := netip.AddrFrom4([4]byte{10, 0, byte(n / 250), byte(1 + n%250)})
		if _, err := h.Connect(sw, internet.CardConfig{Addrs: []netip.Prefix{netip.PrefixFrom(a, 16)}}); err != nil {
			return err
		}
	}
	started := time.Since(start)
	each := (memoryInUse() - before) / hosts
	start = time.Now()
	in.Close()
	fmt.Printf("%d hosts         started in %v, %d KiB each, closed in %v\n",
		hosts, started.Round(time.Millisecond), each>>10, time.Since(start).Round(time.Millisecond))
	return nil
}

func memoryInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// onMiniature runs a measurement between two hosts that are observed.
func onMiniature(ctx context.Context, run func(ctx context.Context, client, server netx.Network, address string) (float64, error)) (float64, error) {
	in := internet.New(internet.Config{Clock: clock.NewMovable()})
	defer in.Close()
	sw, err := in.AddSwitch("switch")
	if err != nil {
		return 0, err
	}
	var hosts [2]*internet.Host
	for i, name := range []string{"alice", "bob"} {
		h, err := in.AddHost(name)
		if err != nil {
			return 0, err
		}
		a := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + i)}), 24)
		if _, err := h.Connect(sw, internet.CardConfig{Addrs: []netip.Prefix{a}}); err != nil {
			return 0, err
		}
		hosts[i] = h
	}
	ring := frame.NewRing(1 << 14)
	defer in.Tap(ring)()
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		frames := make([]frame.Frame, 256)
		for {
			if _, err := ring.Read(watching, frames); err != nil {
				return
			}
		}
	})
	defer watch.Wait()
	defer stop()
	return run(ctx, hosts[0], hosts[1], "10.0.0.2:0")
}

// streamBytes is the bytes per second of one TCP connection.
func streamBytes(ctx context.Context, client, server netx.Network, address string) (float64, error) {
	ln, err := server.Listen(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	received := make(chan int64, 1)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			received <- 0
			return
		}
		n, _ := io.Copy(io.Discard, struct{ io.Reader }{c})
		c.Close()
		received <- n
	}()
	c, err := client.DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		return 0, err
	}
	defer c.Close()
	data := make([]byte, 1<<20)
	start := time.Now()
	for time.Since(start) < time.Second {
		if _, err := c.Write(data); err != nil {
			return 0, err
		}
	}
	c.Close()
	return float64(<-received) / time.Since(start).Seconds(), nil
}

// httpReplies is the replies per second that net/http gives net/http on eight
// connections that stay open.
func httpReplies(ctx context.Context, client, server netx.Network, address string) (float64, error) {
	ln, err := server.Listen(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	page := strings.Repeat("x", 512)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, page) })}
	var serving sync.WaitGroup
	serving.Go(func() { srv.Serve(ln) })
	defer serving.Wait()
	defer srv.Close()
	transport := &http.Transport{
		DialContext:         client.DialContext,
		MaxIdleConnsPerHost: 8,
	}
	defer transport.CloseIdleConnections()
	url := "http://" + ln.Addr().String() + "/"
	const asking, span = 8, 1500 * time.Millisecond
	counts := make([]int, asking)
	errs := make([]error, asking)
	var clients sync.WaitGroup
	start := time.Now()
	for i := range asking {
		clients.Go(func() {
			for time.Since(start) < span && errs[i] == nil {
				errs[i] = get(ctx, transport, url)
				counts[i]++
			}
		})
	}
	clients.Wait()
	took := time.Since(start).Seconds()
	total := 0
	for i := range asking {
		if errs[i] != nil {
			return 0, errs[i]
		}
		total += counts[i]
	}
	return float64(total) / took, nil
}

func get(ctx context.Context, transport *http.Transport, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
