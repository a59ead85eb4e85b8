package guest

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/peer"
)

// find returns the sockets of one kind that are bound to that port.
func find(t testing.TB, g *Guest, network string, port uint16) (found []Socket) {
	t.Helper()
	all, err := g.Sockets()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Network == network && s.Local.Port() == port {
			found = append(found, s)
		}
	}
	return found
}

func TestSockets(t *testing.T) {
	needGuests(t)
	peer.Path(t, "python3", "python3")
	const script = `import socket
from socket import *
web = socket(); web.bind(("10.1.0.5", 80)); web.listen()
six = socket(AF_INET6); six.bind(("", 8080)); six.listen()
pinger = socket(AF_INET, SOCK_DGRAM); pinger.bind(("", 12000))
pinger6 = socket(AF_INET6, SOCK_DGRAM); pinger6.bind(("::1", 12001))
icmp = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)
first = create_connection(("10.1.0.5", 80)); first.sendall(b"GET")
taken, _ = web.accept()
second = create_connection(("10.1.0.5", 80))
old = create_connection(("127.0.0.1", 8080))
pinger.sendto(b"Ping", ("127.0.0.1", 12000))
print("ready", flush=True)
input()`
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	c := host("python3", "-c", script)
	c.Stdin = r
	g, _ := running(t, c)

	for _, test := range []struct {
		network string
		port    uint16
		want    []Socket
	}{
		{"tcp", 80, []Socket{
			{"tcp", netip.MustParseAddrPort("10.1.0.5:80"), netip.MustParseAddrPort("0.0.0.0:0"), "LISTEN", 1},
			{"tcp", netip.MustParseAddrPort("10.1.0.5:80"), netip.AddrPort{}, "ESTABLISHED", 3},
			{"tcp", netip.MustParseAddrPort("10.1.0.5:80"), netip.AddrPort{}, "ESTABLISHED", 0},
		}},
		{"tcp6", 8080, []Socket{
			{"tcp6", netip.MustParseAddrPort("[::]:8080"), netip.MustParseAddrPort("[::]:0"), "LISTEN", 1},
			{"tcp6", netip.MustParseAddrPort("127.0.0.1:8080"), netip.AddrPort{}, "ESTABLISHED", 0},
		}},
		{"udp", 12000, []Socket{{"udp", netip.MustParseAddrPort("0.0.0.0:12000"), netip.MustParseAddrPort("0.0.0.0:0"), "", 4}}},
		{"udp6", 12001, []Socket{{"udp6", netip.MustParseAddrPort("[::1]:12001"), netip.MustParseAddrPort("[::]:0"), "", 0}}},
		{"raw", 1, []Socket{{"raw", netip.MustParseAddrPort("0.0.0.0:1"), netip.MustParseAddrPort("0.0.0.0:0"), "", 0}}},
		{"tcp", 9999, nil},
	} {
		// The last ACK of a handshake may still be under way.
		eventually(t, fmt.Sprintf("the sockets %+v", test.want), func() bool {
			found := find(t, g, test.network, test.port)
			for _, want := range test.want {
				if !hasSocket(found, want) {
					return false
				}
			}
			return len(found) == len(test.want)
		})
	}
	g.Kill()
	g.Wait()
	if _, err := g.Sockets(); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("after the end: %v", err)
	}
}

// hasSocket compares but for a remote end that want leaves out, and for how
// much memory datagrams take.
func hasSocket(all []Socket, want Socket) bool {
	for _, got := range all {
		if !want.Remote.IsValid() {
			got.Remote = want.Remote
		}
		if got.Network == "udp" && got.Queue >= want.Queue {
			got.Queue = want.Queue
		}
		if got == want {
			return true
		}
	}
	return false
}

func TestSocketStates(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 00000000:1F90 00000000:0050 06 00000000:00000000 03:00000177 00000000     0        0 0 3 0
   2: 00000000:1F90 00000000:0050 08 00000001:0000000F 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
`
	got, err := parseSockets("tcp", table)
	if err != nil || len(got) != 3 || got[0].State != "LISTEN" || got[0].Queue != 2 ||
		got[1].State != "TIME-WAIT" || got[2].State != "CLOSE-WAIT" || got[2].Queue != 15 || got[2].Local.Port() != 8080 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []string{"0: 00000000:0050", "0: 0000:0050 0000:0050 0A 0:0", "0: x:0 00000000:0 0A 0:0", "0: 00000000:0 00000000:0 0A 0:x"} {
		if _, err := parseSockets("tcp", "sl\n"+wrong+"\n"); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: error %v", wrong, err)
		}
	}
}

func TestSocketsInUse(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"sockets: used 3\nTCP: inuse 0 orphan 5 tw 0 alloc 9 mem 1\nUDP: inuse 0 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nTCP6: inuse 0\n", ""},
		{"TCP: inuse 0 orphan 0 tw 2 alloc 2 mem 0\nTCP6: inuse 0\n", "tcp tcp6"},
		{"TCP: inuse 12 orphan 0 tw 0 alloc 2 mem 0\nRAW: inuse 1\nTCP6: inuse 0\nUDP6: inuse 3\n", "tcp udp6 raw"},
	} {
		if got := strings.Join(parseSockstat(test.text), " "); got != test.want {
			t.Errorf("%q: tables %q, want %q", test.text, got, test.want)
		}
	}
}
