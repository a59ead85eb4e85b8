package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

func TestTCP(t *testing.T) {
	alice, www := newWorld(t)
	serveTCP(t, www, ":80", upsideDown)
	for _, to := range []string{"www.example.com:80", "10.0.0.2:80", "[fd00::2]:80"} {
		ready, listening := opened()
		address, _ := start(t, &TCP{Address: loopback, To: to, Through: alice, Listening: listening}, netx.OS{}, ready)
		var clients sync.WaitGroup
		for _, size := range []int{0, 8, 1 << 20, 1 << 21} {
			clients.Go(func() { askUpsideDown(t, dialTCP(t, netx.OS{}, address), size) })
		}
		clients.Wait()
	}
}

// A program on this machine is a host inside.
func TestAttach(t *testing.T) {
	alice, www := newWorld(t)
	program := serveTCP(t, netx.OS{}, loopback, upsideDown)
	ready, listening := opened()
	start(t, &TCP{Address: ":80", To: program.Addr().String(), Through: netx.OS{}, Listening: listening}, www, ready)
	askUpsideDown(t, dialTCP(t, alice, "www.example.com:80"), 1<<20)
}

func TestNobodyListensInside(t *testing.T) {
	alice, _ := newWorld(t)
	for _, to := range []string{"10.0.0.2:9", "nowhere.example.com:80", "192.0.2.1:80"} {
		ready, listening := opened()
		address, _ := start(t, &TCP{Address: loopback, To: to, Through: alice, Listening: listening}, netx.OS{}, ready)
		conn, err := netx.OS{}.DialContext(context.Background(), "tcp", address)
		if err == nil { // or the reset was faster
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			_, err = conn.Read(make([]byte, 1))
			conn.Close()
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v, want a reset", to, err)
		}
	}
}

// A reply that was cut off does not look like one that has ended.
func TestResetsArePassedOn(t *testing.T) {
	alice, www := newWorld(t)
	serveTCP(t, www, ":80", func(conn net.Conn) {
		io.ReadFull(conn, make([]byte, 1))
		conn.Write([]byte("half a re"))
		time.Sleep(10 * time.Millisecond) // then close, with more to read: that resets
	})
	ready, listening := opened()
	address, _ := start(t, &TCP{Address: loopback, To: "10.0.0.2:80", Through: alice, Listening: listening}, netx.OS{}, ready)
	conn := dialTCP(t, netx.OS{}, address)
	conn.Write([]byte("request"))
	if got, err := io.ReadAll(conn); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read %q, %v; want a reset", got, err)
	}
}

// The client goes away in the middle: the server inside is told.
func TestClientGoesAway(t *testing.T) {
	alice, www := newWorld(t)
	gone := make(chan error, 1)
	serveTCP(t, www, ":80", func(conn net.Conn) {
		for {
			if _, err := conn.Write(make([]byte, 1<<16)); err != nil {
				gone <- err
				return
			}
		}
	})
	ready, listening := opened()
	address, _ := start(t, &TCP{Address: loopback, To: "10.0.0.2:80", Through: alice, Listening: listening}, netx.OS{}, ready)
	conn := dialTCP(t, netx.OS{}, address)
	io.ReadFull(conn, make([]byte, 1<<18))
	conn.Close()
	select {
	case <-gone:
	case <-time.After(20 * time.Second):
		t.Error("the server goes on writing")
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	alice, www := newWorld(t)
	serveTCP(t, www, ":80", func(conn net.Conn) { io.Copy(conn, conn) })
	movable := clock.NewMovable()
	ready, listening := opened()
	address, _ := start(t, &TCP{
		Address: loopback, To: "10.0.0.2:80", Through: alice, Listening: listening,
		Clock: movable, Idle: time.Hour,
	}, netx.OS{}, ready)
	conn := dialTCP(t, netx.OS{}, address)
	for range 5 { // as long as something moves, it stays
		conn.Write([]byte("x"))
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		movable.Skip(50 * time.Minute)
	}
	movable.Skip(2 * time.Hour)
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after two idle hours: %v", err)
	}
}

// The end of Serve is the end of its connections.
func TestEndOfServe(t *testing.T) {
	alice, www := newWorld(t)
	serveTCP(t, www, ":80", func(conn net.Conn) { io.Copy(io.Discard, conn) })
	ready, listening := opened()
	address, stop := start(t, &TCP{Address: loopback, To: "10.0.0.2:80", Through: alice, Listening: listening}, netx.OS{}, ready)
	conn := dialTCP(t, netx.OS{}, address)
	conn.Write([]byte("hello"))
	stop()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection outlives the gateway")
	}
	if _, err := (netx.OS{}).DialContext(context.Background(), "tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the port is still open: %v", err)
	}
}

func TestPortIsTaken(t *testing.T) {
	alice, _ := newWorld(t)
	ln := serveTCP(t, netx.OS{}, loopback, func(net.Conn) {})
	for _, g := range []server{
		&TCP{Address: ln.Addr().String(), Through: alice},
		&SOCKS5{Address: ln.Addr().String(), Through: alice},
	} {
		if err := g.Serve(context.Background(), netx.OS{}); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%T: %v", g, err)
		}
	}
}

func BenchmarkTCP(b *testing.B) {
	alice, www := newWorld(b)
	serveTCP(b, www, ":80", func(conn net.Conn) { io.Copy(io.Discard, struct{ io.Reader }{conn}) })
	ready, listening := opened()
	address, _ := start(b, &TCP{Address: loopback, To: "10.0.0.2:80", Through: alice, Listening: listening}, netx.OS{}, ready)
	conn := dialTCP(b, netx.OS{}, address)
	conn.SetDeadline(time.Time{})
	data := make([]byte, 64<<10)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := conn.Write(data); err != nil {
			b.Fatal(err)
		}
	}
}
