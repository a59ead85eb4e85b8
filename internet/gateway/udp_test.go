package gateway

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

func dialUDP(t testing.TB, nw netx.Network, address string) net.Conn {
	t.Helper()
	conn, err := nw.DialContext(context.Background(), "udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// ask sends a datagram until it is answered, and returns from which address the
// server saw it come, and what it said.
func ask(t testing.TB, conn net.Conn, text string) (from, said string) {
	t.Helper()
	buf := make([]byte, 65536)
	for range 20 {
		conn.Write([]byte(text))
		conn.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := conn.Read(buf); err == nil {
			from, said, _ := strings.Cut(string(buf[:n]), " ")
			return from, said
		}
	}
	t.Fatalf("no answer to %q", text)
	return "", ""
}

func TestUDP(t *testing.T) {
	alice, www := newWorld(t)
	serveUDP(t, www, ":53")
	for _, to := range []string{"www.example.com:53", "10.0.0.2:53", "[fd00::2]:53"} {
		ready, listening := opened()
		address, _ := start(t, &UDP{Address: loopback, To: to, Through: alice, Listening: listening}, netx.OS{}, ready)
		one, two := dialUDP(t, netx.OS{}, address), dialUDP(t, netx.OS{}, address)
		from1, said := ask(t, one, "one")
		if said != "one" {
			t.Errorf("%s: got %q", to, said)
		}
		from2, said := ask(t, two, "two")
		if said != "two" || from1 == from2 {
			t.Errorf("%s: got %q; both clients are %s", to, said, from2)
		}
		if again, _ := ask(t, one, "one again"); again != from1 {
			t.Errorf("%s: the first client is %s now, and was %s", to, again, from1)
		}
		large := strings.Repeat("x", 8000)
		if _, said := ask(t, one, large); said != large {
			t.Errorf("%s: %d bytes came back of %d", to, len(said), len(large))
		}
	}
}

// The server inside comes later: until then datagrams are lost, no more.
func TestUDPServerComesLater(t *testing.T) {
	alice, www := newWorld(t)
	ready, listening := opened()
	address, _ := start(t, &UDP{Address: loopback, To: "10.0.0.2:53", Through: alice, Listening: listening}, netx.OS{}, ready)
	conn := dialUDP(t, netx.OS{}, address)
	for range 300 {
		conn.Write([]byte("anybody there?"))
	}
	serveUDP(t, www, ":53")
	ask(t, conn, "and now?")
}

func TestIdleFlowsEnd(t *testing.T) {
	alice, www := newWorld(t)
	serveUDP(t, www, ":53")
	movable := clock.NewMovable()
	ready, listening := opened()
	address, _ := start(t, &UDP{
		Address: loopback, To: "10.0.0.2:53", Through: alice, Listening: listening, Clock: movable,
	}, netx.OS{}, ready)
	conn := dialUDP(t, netx.OS{}, address)
	first, _ := ask(t, conn, "hello")
	for range 3 {
		movable.Skip(4 * time.Minute)
		if from, _ := ask(t, conn, "still there"); from != first {
			t.Errorf("a flow that is used is %s, was %s", from, first)
		}
	}
	movable.Skip(11 * time.Minute)
	for range 50 { // the flow's goroutine ends in its own time
		if from, _ := ask(t, conn, "anew"); from != first {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("after 11 idle minutes it is still %s", first)
}

// However many addresses datagrams come from, there are only so many flows, and
// who comes last is served.
func TestFloodOfFlows(t *testing.T) {
	alice, www := newWorld(t)
	serveUDP(t, www, ":53")
	outside, err := netx.OS{}.ListenPacket(context.Background(), "udp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	ctx, cancel := context.WithCancel(context.Background())
	fs := &flows{
		gateway: &UDP{To: "10.0.0.2:53", Through: alice, MaxFlows: 10},
		outside: outside, byClient: make(map[string]*flow),
	}
	for port := range 5000 {
		fs.of(ctx, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 1 + port}).send([]byte("flood"))
		if n := len(fs.byClient); n > 10 {
			t.Fatalf("%d flows", n)
		}
	}
	client := dialUDP(t, netx.OS{}, outside.LocalAddr().String())
	fs.of(ctx, client.LocalAddr()).send([]byte("and I?"))
	client.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 100)
	if n, err := client.Read(buf); err != nil || !strings.HasSuffix(string(buf[:n]), " and I?") {
		t.Errorf("who comes last gets %q, %v", buf[:n], err)
	}
	cancel()
	fs.wait.Wait()
	if n := len(fs.byClient); n != 0 {
		t.Errorf("%d flows outlive the gateway", n)
	}
}

// endOldest ends the flow that has been idle for longest, and no other.
func TestOldestFlowMakesRoom(t *testing.T) {
	alice, www := newWorld(t)
	serveUDP(t, www, ":53")
	ready, listening := opened()
	g := &UDP{Address: loopback, To: "10.0.0.2:53", Through: alice, Listening: listening, MaxFlows: 3}
	address, _ := start(t, g, netx.OS{}, ready)
	busy := dialUDP(t, netx.OS{}, address)
	first, _ := ask(t, busy, "busy")
	for range 20 {
		ask(t, dialUDP(t, netx.OS{}, address), "only once")
		if from, _ := ask(t, busy, "busy"); from != first {
			t.Fatalf("the busy flow was ended: it is %s, was %s", from, first)
		}
	}
}
