package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const loopback = "127.0.0.1:0"

// newWorld is a miniature Internet with two hosts: alice, by way of whom the
// gateways lead in, and www, whose name she knows.
func newWorld(t testing.TB) (alice, www *internet.Host) {
	t.Helper()
	in := internet.New(internet.Config{})
	t.Cleanup(in.Close)
	sw, err := in.AddSwitch("lan")
	if err != nil {
		t.Fatal(err)
	}
	host := func(name string, n int) *internet.Host {
		h, err := in.AddHost(name)
		if err != nil {
			t.Fatal(err)
		}
		addrs := []netip.Prefix{
			netip.MustParsePrefix(fmt.Sprintf("10.0.0.%d/24", n)),
			netip.MustParsePrefix(fmt.Sprintf("fd00::%d/64", n)),
		}
		if _, err := h.Connect(sw, internet.CardConfig{Addrs: addrs}); err != nil {
			t.Fatal(err)
		}
		return h
	}
	alice, www = host("alice", 1), host("www", 2)
	alice.SetLookup(func(_ context.Context, name string) ([]netip.Addr, error) {
		if name != "www.example.com" {
			return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		}
		return []netip.Addr{netip.MustParseAddr("10.0.0.2")}, nil
	})
	return alice, www
}

// server is what all gateways are.
type server interface {
	Serve(context.Context, netx.Network) error
}

// start runs a gateway until the test ends or stop is called, and sees to it
// that Serve ends well and in time.
func start(t testing.TB, g server, nw netx.Network, opened <-chan net.Addr) (address string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Serve(ctx, nw) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Serve does not end")
		}
	})
	t.Cleanup(stop)
	select {
	case addr := <-opened:
		return addr.String(), stop
	case err := <-ended:
		t.Fatalf("Serve: %v", err)
	}
	return "", stop
}

// opened is for a gateway's field Listening.
func opened() (chan net.Addr, func(net.Addr)) {
	c := make(chan net.Addr, 1)
	return c, func(a net.Addr) { c <- a }
}

// serveTCP runs a server inside.
func serveTCP(t testing.TB, nw netx.Network, address string, handle func(net.Conn)) net.Listener {
	t.Helper()
	ln, err := nw.Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var acceptor netx.Acceptor
	done := make(chan struct{})
	go func() {
		defer close(done)
		acceptor.Serve(ctx, ln, func(_ context.Context, conn net.Conn) { handle(conn) })
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ln
}

// serveUDP runs a server inside that sends each datagram back with the address
// that it came from before it.
func serveUDP(t testing.TB, nw netx.Network, address string) net.PacketConn {
	t.Helper()
	pc, err := nw.ListenPacket(context.Background(), "udp", address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65536)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			pc.WriteTo(append([]byte(from.String()+" "), buf[:n]...), from)
		}
	}()
	t.Cleanup(func() { pc.Close(); <-done })
	return pc
}

func dialTCP(t testing.TB, nw netx.Network, address string) net.Conn {
	t.Helper()
	conn, err := nw.DialContext(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// upsideDown reads all that comes, and only then sends it back, reversed.
func upsideDown(conn net.Conn) {
	all, err := io.ReadAll(conn)
	if err != nil {
		return
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	conn.Write(all)
}

// askUpsideDown sends n bytes and a FIN, and wants them back reversed.
func askUpsideDown(t testing.TB, conn net.Conn, n int) {
	t.Helper()
	sent := bytes.Repeat([]byte("stressed"), n/8)
	go func() {
		conn.Write(sent)
		conn.(interface{ CloseWrite() error }).CloseWrite()
	}()
	got, err := io.ReadAll(conn)
	if want := bytes.Repeat([]byte("desserts"), n/8); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes, %v; want %d reversed", len(got), err, n)
	}
}
