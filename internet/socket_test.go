package internet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
)

var background = context.Background()

// pair is two hosts on a switch, with a clock that can be moved.
func pair(t *testing.T) (l *lan, alice, bob *Host, now *clock.Movable) {
	now = clock.NewMovable()
	l = newLAN(t, Config{Clock: now})
	now.OnSettle(l.Settle)
	return l, l.host(t, "alice", 1), l.host(t, "bob", 2), now
}

// hurry makes the clock run fast until stop is called.
func hurry(now *clock.Movable) (stop func()) {
	done := make(chan struct{})
	var skipping sync.WaitGroup
	skipping.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				now.Skip(time.Second)
			}
		}
	})
	return func() { close(done); skipping.Wait() }
}

func dial(t *testing.T, h *Host, network, address string) net.Conn {
	t.Helper()
	c, err := h.DialContext(background, network, address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func listen(t *testing.T, h *Host, network, address string) net.Listener {
	t.Helper()
	ln, err := h.Listen(background, network, address)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func listenPacket(t *testing.T, h *Host, network, address string) net.PacketConn {
	t.Helper()
	pc, err := h.ListenPacket(background, network, address)
	if err != nil {
		t.Fatal(err)
	}
	return pc
}

// Errors can be told apart as those of the kernel's sockets.
func TestErrors(t *testing.T) {
	_, alice, bob, now := pair(t)
	canceled, cancel := context.WithCancel(background)
	cancel()
	tests := []struct {
		name string
		want error
		do   func() error
	}{
		{"no such port", syscall.ECONNREFUSED, func() error {
			_, err := alice.DialContext(background, "tcp", "10.0.0.2:9")
			return err
		}},
		{"no such port, IPv6", syscall.ECONNREFUSED, func() error {
			_, err := alice.DialContext(background, "tcp", "[fd00::2]:9")
			return err
		}},
		{"no route", syscall.ENETUNREACH, func() error {
			_, err := alice.DialContext(background, "tcp", "192.0.2.1:80")
			return err
		}},
		{"nobody there", syscall.EHOSTUNREACH, func() error {
			defer hurry(now)() // ARP asks three times, a second apart
			_, err := alice.DialContext(background, "tcp", "10.0.0.77:80")
			return err
		}},
		{"port taken", syscall.EADDRINUSE, func() error {
			defer listen(t, bob, "tcp", ":80").Close()
			_, err := bob.Listen(background, "tcp", "10.0.0.2:80")
			return err
		}},
		{"UDP port taken", syscall.EADDRINUSE, func() error {
			defer listenPacket(t, bob, "udp", ":53").Close()
			_, err := bob.ListenPacket(background, "udp", "10.0.0.2:53")
			return err
		}},
		{"not my address", syscall.EADDRNOTAVAIL, func() error {
			_, err := bob.Listen(background, "tcp", "10.0.0.3:80")
			return err
		}},
		{"UDP port unreachable", syscall.ECONNREFUSED, func() error {
			c := dial(t, alice, "udp", "10.0.0.2:9")
			defer c.Close()
			c.Write([]byte("?"))
			_, err := c.Read(make([]byte, 1))
			return err
		}},
		{"too long", syscall.EMSGSIZE, func() error {
			c := dial(t, alice, "udp", "10.0.0.2:9")
			defer c.Close()
			_, err := c.Write(make([]byte, 70_000))
			return err
		}},
		{"canceled", context.Canceled, func() error {
			_, err := alice.DialContext(canceled, "tcp", "10.0.0.2:9")
			return err
		}},
		{"deadline of accept", os.ErrDeadlineExceeded, func() error {
			ln := listen(t, bob, "tcp", ":80").(*TCPListener)
			defer ln.Close()
			ln.SetDeadline(now.Now().Add(time.Minute))
			defer hurry(now)()
			_, err := ln.Accept()
			return err
		}},
		{"read of a closed socket", net.ErrClosed, func() error {
			c := listenPacket(t, bob, "udp", ":53")
			go c.Close()
			_, _, err := c.ReadFrom(nil)
			return err
		}},
		{"accept of a closed listener", net.ErrClosed, func() error {
			ln := listen(t, bob, "tcp", ":80")
			go ln.Close()
			_, err := ln.Accept()
			return err
		}},
	}
	for _, test := range tests {
		err := test.do()
		var op *net.OpError
		if !errors.Is(err, test.want) || !errors.As(err, &op) {
			t.Errorf("%s: got %v (%T), want a *net.OpError of %v", test.name, err, err, test.want)
		}
	}
}

func TestErrorsReadAsTheKernels(t *testing.T) {
	_, alice, _, _ := pair(t)
	_, err := alice.DialContext(background, "tcp", "10.0.0.2:9")
	expect(t, "error", err.Error(), "dial tcp 10.0.0.2:9: connect: connection refused")
	_, err = alice.DialContext(background, "tcp", "www.example.com:80")
	if !strings.Contains(err.Error(), "alice has no resolver") {
		t.Error(err)
	}
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("%T is not a DNS error", err)
	}
	_, err = alice.Listen(background, "udp", ":80")
	var unknown net.UnknownNetworkError
	if !errors.As(err, &unknown) {
		t.Error(err)
	}
}

// A silent peer: the handshake ends with the context, or when TCP gives up.
func TestDialThatNobodyAnswers(t *testing.T) {
	l, alice, _, now := pair(t)
	if _, err := alice.Ping(background, v4(2)); err != nil { // so that ARP knows bob
		t.Fatal(err)
	}
	l.Link("bob").Unplug()
	ctx, cancel := clock.WithTimeout(background, now, 3*time.Second)
	defer cancel()
	defer hurry(now)()
	_, err := alice.DialContext(ctx, "tcp", "10.0.0.2:80")
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("with a deadline: %v", err)
	}
	_, err = alice.DialContext(background, "tcp", "10.0.0.2:80")
	if !errors.Is(err, syscall.ETIMEDOUT) && !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("without: %v", err)
	}
}

func TestHalfClose(t *testing.T) {
	_, alice, bob, _ := pair(t)
	a, b := tcpPair(t, alice, bob, "10.0.0.2:80")
	defer a.Close()
	defer b.Close()
	io.WriteString(a, "request")
	if err := a.(*TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(b)
	expect(t, "request", string(got), "request")
	expect(t, "error", err, nil)
	io.WriteString(b, "reply")
	b.Close()
	got, err = io.ReadAll(a)
	expect(t, "reply", string(got), "reply")
	expect(t, "error", err, nil)
	if _, err := a.Write([]byte("more")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("write after CloseWrite: %v", err)
	}
}

func TestReset(t *testing.T) {
	_, alice, bob, _ := pair(t)
	a, b := tcpPair(t, alice, bob, "10.0.0.2:80")
	defer a.Close()
	io.WriteString(a, "not read by bob")
	b.(*TCPConn).SetReadDeadline(time.Time{})
	b.Read(make([]byte, 1))
	b.Close() // with data unread: a reset
	_, err := a.Read(make([]byte, 1))
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read: %v", err)
	}
}

// A server that is started again takes its port back, whatever is in TIME-WAIT.
func TestListenAgain(t *testing.T) {
	_, alice, bob, now := pair(t)
	for range 3 {
		a, b := tcpPair(t, alice, bob, "10.0.0.2:80")
		b.Close() // the server closes first: TIME-WAIT is on its side
		io.ReadAll(a)
		a.Close()
		a.(*TCPConn).host.net.Settle()
		if !hasState(bob, "TIME-WAIT") {
			t.Errorf("no TIME-WAIT: %v", bob.Sockets())
		}
	}
	now.Skip(5 * time.Minute)
	// The timer has rung; the stack's own goroutine may still be tidying up.
	for tries := 0; len(bob.Sockets()) > 0 && tries < 1000; tries++ {
		time.Sleep(time.Millisecond)
	}
	expect(t, "sockets after five minutes", bob.Sockets(), []Socket(nil))
}

func hasState(h *Host, state string) bool {
	for _, s := range h.Sockets() {
		if s.State == state {
			return true
		}
	}
	return false
}

func TestSockets(t *testing.T) {
	_, alice, bob, _ := pair(t)
	defer listenPacket(t, bob, "udp", ":53").Close()
	defer listenPacket(t, bob, "udp4", "10.0.0.2:67").Close()
	ln := listen(t, bob, "tcp", ":80")
	defer ln.Close()
	a, err := alice.DialFrom(background, "tcp", "10.0.0.1:20", "10.0.0.2:80")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	port := netip.MustParseAddrPort
	expect(t, "bob's", bob.Sockets(), []Socket{
		{"tcp", port("10.0.0.2:80"), port("10.0.0.1:20"), "ESTABLISHED"},
		{"tcp6", port("[::]:80"), netip.AddrPort{}, "LISTEN"},
		{"udp", port("10.0.0.2:67"), netip.AddrPort{}, ""},
		{"udp6", port("[::]:53"), netip.AddrPort{}, ""},
	})
	expect(t, "alice's", alice.Sockets(), []Socket{{"tcp", port("10.0.0.1:20"), port("10.0.0.2:80"), "ESTABLISHED"}})
	expect(t, "local", b.LocalAddr().String(), "10.0.0.2:80")
	expect(t, "remote", b.RemoteAddr().String(), "10.0.0.1:20")
	expect(t, "listener", ln.Addr().String(), "[::]:80")
}

// One socket on all addresses answers on each of them, from the address that
// was asked.
func TestUDPServerOnAllAddresses(t *testing.T) {
	_, alice, bob, _ := pair(t)
	if err := bob.AddAddress("eth0", netip.MustParsePrefix("10.0.0.22/24")); err != nil {
		t.Fatal(err)
	}
	if err := bob.AddAddress("eth0", netip.MustParsePrefix("fd00::22/64")); err != nil {
		t.Fatal(err)
	}
	server := listenPacket(t, bob, "udp", ":53")
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 100)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			server.WriteTo(b[:n], from)
		}
	}()
	defer func() { server.Close(); <-done }()
	ask := func(h *Host, address string) {
		c := dial(t, h, "udp", address) // connected: hears only whom it asked
		defer c.Close()
		c.SetReadDeadline(h.net.clock.Now().Add(5 * time.Second))
		c.Write([]byte("question"))
		answer := make([]byte, 100)
		n, err := c.Read(answer)
		if err != nil || string(answer[:n]) != "question" {
			t.Errorf("%s asked %s: %q, %v", h.Name(), address, answer[:n], err)
		}
	}
	for _, address := range []string{"10.0.0.2:53", "10.0.0.22:53", "[fd00::2]:53", "[fd00::22]:53"} {
		ask(alice, address)
		ask(bob, address)
	}
	ask(bob, "127.0.0.1:53")
	ask(bob, "[::1]:53")
	link := bob.Cards()[0].Addrs[4].Addr()
	ask(alice, netip.AddrPortFrom(link.WithZone("eth0"), 53).String())
}

func TestLoopback(t *testing.T) {
	l, alice, _, _ := pair(t)
	tap := &recent{}
	defer l.Tap(tap)()
	for _, address := range []string{"127.0.0.1:80", "[::1]:80", "10.0.0.1:80", "localhost:80"} {
		a, b := tcpPair(t, alice, alice, address)
		io.WriteString(a, "hello")
		got := make([]byte, 5)
		if _, err := io.ReadFull(b, got); err != nil {
			t.Error(address, err)
		}
		a.Close()
		b.Close()
	}
	expect(t, "frames on the cable", tap.kinds(), []string(nil))
}

// A host without an address asks for one as DHCP does.
func TestBroadcastBeforeThereIsAnAddress(t *testing.T) {
	l, alice, _, _ := pair(t)
	server := listenPacket(t, alice, "udp4", ":67")
	defer server.Close()
	carol, err := l.AddHost("carol")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := carol.Connect(l.sw, CardConfig{}); err != nil {
		t.Fatal(err)
	}
	client, err := carol.ListenPacketOn(background, "eth0", "udp4", ":68")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.WriteTo([]byte("DISCOVER"), &net.UDPAddr{IP: net.IPv4bcast, Port: 67}); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, from, err := server.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "discover", string(b[:n])+" "+from.String(), "DISCOVER 0.0.0.0:68")
	if _, err := server.WriteTo([]byte("OFFER"), &net.UDPAddr{IP: net.IPv4bcast, Port: 68}); err != nil {
		t.Fatal(err)
	}
	n, from, err = client.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "offer", string(b[:n])+" "+from.String(), "OFFER 10.0.0.1:67")

	if err := carol.AddAddress("eth0", netip.MustParsePrefix("10.0.0.9/24")); err != nil {
		t.Fatal(err)
	}
	client.WriteTo([]byte("REQUEST"), &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 67})
	n, from, _ = server.ReadFrom(b)
	expect(t, "renewal", string(b[:n])+" "+from.String(), "REQUEST 10.0.0.9:68")
	client.Close()
	if err := carol.RemoveAddress("eth0", netip.MustParsePrefix("10.0.0.9/24")); err != nil {
		t.Fatal(err)
	}
	if _, err := carol.Ping(background, v4(1)); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("without an address: %v", err)
	}
}

func TestNames(t *testing.T) {
	_, alice, bob, now := pair(t)
	defer hurry(now)()
	defer listen(t, bob, "tcp4", "10.0.0.2:80").Close()
	alice.SetLookup(func(_ context.Context, name string) ([]netip.Addr, error) {
		if name != "www.example.com" {
			return nil, nil
		}
		return []netip.Addr{v6(2), v4(99), v4(2)}, nil // nobody listens, nobody is there, bob
	})
	ctx, cancel := context.WithTimeout(background, 30*time.Second)
	defer cancel()
	c, err := alice.DialContext(ctx, "tcp", "www.example.com:http")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	expect(t, "the third address", c.RemoteAddr().String(), "10.0.0.2:80")
	names, err := alice.LookupHost(background, "ALICE")
	expect(t, "own name", names, []string{"10.0.0.1", "fd00::1"})
	expect(t, "error", err, nil)
	if _, err := alice.LookupHost(background, "nobody.example"); err == nil {
		t.Error("a name without addresses was found")
	}
}

// A server that is killed closes its listener twice at once, when its context ends
// and when it returns; the one that is started in its place needs the port.
func TestCloseFreesThePort(t *testing.T) {
	_, _, bob, _ := pair(t)
	for range 300 {
		l, err := bob.Listen(t.Context(), "tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		go l.Close()
		l.Accept()
		l.Close()
	}
}
