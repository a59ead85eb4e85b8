package internet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
)

func TestPing(t *testing.T) {
	l, alice, bob, now := pair(t)
	for _, to := range []netip.Addr{v4(2), v6(2), v4(1), netip.MustParseAddr("127.0.0.1"), bob.Cards()[0].Addrs[2].Addr().WithZone("eth0")} {
		if _, err := alice.Ping(background, to); err != nil {
			t.Errorf("%v: %v", to, err)
		}
	}
	if err := l.Link("bob").SetFaults(Both, Faults{Delay: 100 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	rtt, err := alice.Ping(background, v4(2))
	if err != nil || rtt < 200*time.Millisecond {
		t.Errorf("over a link of 100 ms each way: %v, %v", rtt, err)
	}
	ctx, cancel := clock.WithTimeout(background, now, time.Second)
	defer cancel()
	defer hurry(now)()
	_, err = alice.Ping(ctx, v4(99))
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := alice.Ping(background, netip.MustParseAddr("192.0.2.1")); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("no route: %v", err)
	}
}

// Who has given up does not send the ping later, to somebody who has come since.
func TestPingThatIsGivenUp(t *testing.T) {
	l, alice, _, now := pair(t)
	for _, to := range []netip.Addr{v4(99), v6(99)} {
		ctx, cancel := clock.WithTimeout(background, now, 100*time.Millisecond)
		if _, err := alice.Ping(ctx, to); err == nil {
			t.Errorf("%v answers", to)
		}
		cancel()
		before := l.traffic()
		now.Skip(10 * time.Second)
		if after := l.traffic(); after != before {
			t.Errorf("%d frames after the ping to %v was given up", after-before, to)
		}
	}
}

func TestTables(t *testing.T) {
	_, alice, bob, _ := pair(t)
	if _, err := alice.Ping(background, v4(2)); err != nil {
		t.Fatal(err)
	}
	neighbors := alice.Neighbors()
	if len(neighbors) != 1 || neighbors[0].Addr != v4(2) || neighbors[0].MAC.String() != bob.Cards()[0].MAC.String() {
		t.Errorf("neighbors: %v", neighbors)
	}
	prefix, addr := netip.MustParsePrefix, netip.MustParseAddr
	if err := alice.AddRoute(Route{Dst: prefix("0.0.0.0/0"), Via: v4(254)}); err != nil {
		t.Fatal(err)
	}
	if err := alice.AddRoute(Route{Dst: prefix("10.1.2.3/16"), Via: v4(253)}); err != nil {
		t.Fatal(err)
	}
	expect(t, "routes, longest prefix first", alice.Routes(), []Route{
		{Dst: prefix("fd00::/64"), Card: "eth0"},
		{Dst: prefix("10.0.0.0/24"), Card: "eth0"},
		{Dst: prefix("10.1.0.0/16"), Via: v4(253), Card: "eth0"},
		{Dst: prefix("0.0.0.0/0"), Via: v4(254), Card: "eth0"},
	})
	for _, wrong := range []Route{
		{Dst: prefix("0.0.0.0/0")},
		{Dst: prefix("0.0.0.0/0"), Via: addr("192.0.2.1")},
		{Dst: prefix("0.0.0.0/0"), Via: v6(1)},
		{Dst: prefix("0.0.0.0/0"), Card: "eth9"},
		{Via: v4(254)},
	} {
		if err := alice.AddRoute(wrong); err == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
	if err := alice.SetRoutes(nil); err != nil || len(alice.Routes()) != 2 {
		t.Errorf("after SetRoutes(nil): %v, %v", alice.Routes(), err)
	}
}

func TestWrongConfigurations(t *testing.T) {
	l, alice, _, _ := pair(t)
	if _, err := l.AddHost("alice"); err == nil {
		t.Error("two hosts called alice")
	}
	if _, err := l.AddSwitch("alice"); err == nil {
		t.Error("a switch called alice, as the host")
	}
	if _, err := l.AddHost(""); err == nil {
		t.Error("a host without a name")
	}
	for _, wrong := range []CardConfig{
		{Name: "eth0"},
		{Name: "lo"},
		{MTU: 100},
		{Link: "bob"},
		{MAC: net.HardwareAddr{1, 2, 3, 4, 5, 6}},
		{MAC: net.HardwareAddr{2, 3}},
		{Addrs: []netip.Prefix{{}}},
		{Addrs: []netip.Prefix{netip.MustParsePrefix("224.0.0.1/24")}},
		{Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}},
	} {
		if _, err := alice.Connect(l.sw, wrong); err == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
	expect(t, "cards", len(alice.Cards()), 1)
	expect(t, "links", len(l.Links()), 2)
	if err := alice.AddAddress("eth9", netip.MustParsePrefix("10.0.0.3/24")); err == nil {
		t.Error("an address on a card that is not there")
	}
	if err := alice.RemoveAddress("eth0", netip.MustParsePrefix("10.0.0.3/24")); err == nil {
		t.Error("an address that is not there was removed")
	}
}

// The addresses of cards are the same in every run.
func TestStableMAC(t *testing.T) {
	_, alice, _, _ := pair(t)
	expect(t, "MAC", alice.Cards()[0].MAC.String(), "02:58:07:51:52:8c")
}

func TestRemoveHost(t *testing.T) {
	l, alice, bob, _ := pair(t)
	a, b := tcpPair(t, alice, bob, "10.0.0.2:80")
	ln := listen(t, bob, "tcp", ":81")
	if err := l.RemoveHost("bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
	if _, err := b.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("bob's end: %v", err)
	}
	if _, err := a.Read(make([]byte, 1)); err == nil {
		t.Error("alice's end is open")
	}
	if _, err := bob.Listen(background, "tcp", ":82"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("listen on a removed host: %v", err)
	}
	if err := l.RemoveHost("bob"); err == nil {
		t.Error("bob was removed twice")
	}
	l.host(t, "bob", 2) // the names are free again
	expect(t, "links", len(l.Links()), 2)
}

// Nothing is left of an Internet that is closed: neither who waits, nor timers.
func TestClose(t *testing.T) {
	l, alice, bob, now := pair(t)
	for range 3 { // of which one end goes into TIME-WAIT
		a, b := tcpPair(t, alice, bob, "10.0.0.2:80")
		a.Close()
		io.Copy(io.Discard, struct{ io.Reader }{b})
		b.Close()
	}
	a, b := tcpPair(t, alice, bob, "10.0.0.2:80")
	defer a.Close()
	defer b.Close()
	a.SetReadDeadline(now.Now().Add(time.Hour))
	ended := make(chan error)
	go func() {
		_, err := a.Read(make([]byte, 1))
		ended <- err
	}()
	go func() {
		_, err := alice.DialContext(context.Background(), "tcp", "10.0.0.99:80")
		ended <- err
	}()
	l.Settle()
	l.Close()
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("a call went on after Close")
		}
	}
	due, ok := now.Next()
	for ok && due.Before(now.Now()) { // it rings at this moment
		time.Sleep(time.Millisecond)
		due, ok = now.Next()
	}
	if ok {
		t.Errorf("a timer is left: in %v", due.Sub(now.Now()))
	}
	if _, err := l.AddHost("carol"); !errors.Is(err, ErrClosed) {
		t.Errorf("AddHost after Close: %v", err)
	}
	if _, err := l.sw.Attach("carol", frame.Node{Name: "carol"}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Attach after Close: %v", err)
	}
	l.Close() // once more does no harm
}

// A thousand hosts fit into a laptop: less than 200 KiB each, and after Close
// all of it is free.
func TestThousandHosts(t *testing.T) {
	goroutines, before := runtime.NumGoroutine(), memory()
	start := time.Now()
	l := thousandHosts(t)
	took := time.Since(start)
	each := (memory() - before) >> 10 / 1000
	if _, err := l.nodes["host0"].(*Host).Ping(background, netip.MustParseAddr("10.0.3.250")); err != nil {
		t.Error(err)
	}
	t.Logf("started in %v; %d KiB and %d goroutines a host", took, each, (runtime.NumGoroutine()-goroutines)/1000)
	if each >= 200 {
		t.Errorf("a host takes %d KiB", each)
	}
	start = time.Now()
	l.Close()
	t.Logf("closed in %v", time.Since(start))
	for range 1000 { // a goroutine that has said it is done still needs a moment to end
		if runtime.NumGoroutine() <= goroutines {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if left := runtime.NumGoroutine() - goroutines; left > 0 {
		t.Errorf("%d goroutines are left", left)
	}
	if left := (memory() - before) >> 20; left > 10 {
		t.Errorf("%d MiB are left", left)
	}
}

// memory is what is in use, stacks included.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
