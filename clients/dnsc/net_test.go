package dnsc

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host is a server in memory: it gets what was written to it, one message at a
// time, and says what comes back. For UDP that is datagrams; for TCP, bytes
// as they are, and then the connection ends if there is a nil among them.
type host func(network string, query *dns.Msg) [][]byte

// fakeNet has hosts at addresses; it is meant for a synctest bubble.
type fakeNet struct {
	t     testing.TB
	hosts map[string]host

	mu    sync.Mutex
	asked []string // network and address of each query
}

var server = netip.MustParseAddrPort("192.0.2.53:53")

// bubble runs test where time stands still until all wait (testing/synctest),
// and at its end lets what is still on its way arrive.
func bubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t)
		time.Sleep(time.Hour)
	})
}

// queries are those that were asked, each by its transport and server.
func (n *fakeNet) queries() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.asked)
}

// at returns a network with one server, at 192.0.2.53.
func at(t testing.TB, h host) *fakeNet {
	return &fakeNet{t: t, hosts: map[string]host{"192.0.2.53": h}}
}

func (n *fakeNet) Listen(context.Context, string, string) (net.Listener, error) {
	return nil, syscall.ENOTSUP
}

func (n *fakeNet) ListenPacket(context.Context, string, string) (net.PacketConn, error) {
	return nil, syscall.ENOTSUP
}

func (n *fakeNet) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	addr := netip.MustParseAddrPort(address)
	h := n.hosts[addr.Addr().String()]
	if h == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	ours, theirs := net.Pipe()
	go n.serve(network, addr.Addr().String(), h, theirs)
	return ours, nil
}

func (n *fakeNet) serve(network, name string, h host, conn net.Conn) {
	defer conn.Close()
	inbox := make(chan []byte, 2000)
	defer close(inbox)
	go func() { // what goes back takes 5 ms, and nobody waits for it
		for packet := range inbox {
			time.Sleep(5 * time.Millisecond)
			if packet == nil {
				conn.Close()
			}
			if _, err := conn.Write(packet); err != nil {
				conn.Close()
			}
		}
	}()
	buf := make([]byte, dns.MaxMsgSize)
	for {
		packet, err := read(network, conn, buf)
		if err != nil {
			return
		}
		query := new(dns.Msg)
		if err := query.Unpack(packet); err != nil {
			n.t.Errorf("a query that cannot be read: %v", err)
			return
		}
		n.mu.Lock()
		n.asked = append(n.asked, network+" "+name)
		n.mu.Unlock()
		for _, reply := range h(network, query) {
			inbox <- reply
		}
	}
}

func read(network string, conn net.Conn, buf []byte) ([]byte, error) {
	if network == "udp" {
		n, err := conn.Read(buf)
		return buf[:n], err
	}
	if _, err := io.ReadFull(conn, buf[:2]); err != nil {
		return nil, err
	}
	packet := buf[:binary.BigEndian.Uint16(buf)]
	_, err := io.ReadFull(conn, packet)
	return packet, err
}

// framed is a message as it goes over TCP.
func framed(packet []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)
}

func pack(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// reply is the reply to query with these records in its answer.
func reply(t testing.TB, query *dns.Msg, records ...string) *dns.Msg {
	t.Helper()
	m := new(dns.Msg).SetReply(query)
	m.Authoritative = true
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	return m
}
