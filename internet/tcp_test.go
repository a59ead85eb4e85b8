package internet

import (
	"context"
	"net"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/wirebook/wirebook/clock"
)

func TestTCPConn(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp6"} {
		for name, c := range map[string]clock.Clock{"system": clock.System, "movable": clock.NewMovable()} {
			t.Run(network+"/"+name, func(t *testing.T) {
				nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
					l := newLAN(t, Config{Clock: c})
					alice, bob := l.host(t, "alice", 1), l.host(t, "bob", 2)
					address := "10.0.0.2:80"
					if network == "tcp6" {
						address = "[fd00::2]:80"
					}
					c1, c2 := tcpPair(t, alice, bob, address)
					return c1, c2, l.Close, nil
				})
			})
		}
	}
}

// tcpPair connects two hosts.
func tcpPair(t testing.TB, from, to *Host, address string) (dialed, accepted net.Conn) {
	t.Helper()
	ln, err := to.Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dialed, err = from.DialContext(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return dialed, accepted
}
