package internet

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internet/forward"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTablesAsJSON(t *testing.T) {
	_, alice, bob, _ := pair(t)
	ln := listen(t, bob, "tcp", ":80")
	defer ln.Close()
	conn := dial(t, alice, "tcp", "10.0.0.2:80")
	defer conn.Close()
	if err := alice.AddRoute(Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: v4(254)}); err != nil {
		t.Fatal(err)
	}
	expect(t, "sockets of alice", asJSON(t, alice.Sockets()),
		`[{"protocol":"tcp","local":"`+conn.LocalAddr().String()+`","remote":"10.0.0.2:80","state":"ESTABLISHED"}]`)
	if got := asJSON(t, bob.Sockets()); !strings.Contains(got, `"local":"0.0.0.0:80","state":"LISTEN"}`) &&
		!strings.Contains(got, `"local":"[::]:80","state":"LISTEN"}`) {
		t.Errorf("sockets of bob: %s", got)
	}
	expect(t, "neighbors", asJSON(t, alice.Neighbors()),
		`[{"address":"10.0.0.2","mac":"`+bob.Cards()[0].MAC.String()+`","card":"eth0","state":"REACHABLE"}]`)
	if got := asJSON(t, alice.Routes()); !strings.Contains(got, `{"destination":"0.0.0.0/0","via":"10.0.0.254","card":"eth0"}`) ||
		!strings.Contains(got, `{"destination":"10.0.0.0/24","card":"eth0"}`) {
		t.Errorf("routes: %s", got)
	}
	if got := asJSON(t, bob.Cards()); !strings.Contains(got, `"addresses":["10.0.0.2/24","fd00::2/64","fe80::`) ||
		!strings.Contains(got, `"mtu":1500`) || !strings.Contains(got, `"link":"bob"`) {
		t.Errorf("cards: %s", got)
	}
}

func TestChangesGrow(t *testing.T) {
	l, alice, bob, _ := pair(t)
	l.Settle()
	was := bob.Changes()
	changed := func(what string, want bool) {
		t.Helper()
		l.Settle()
		now := bob.Changes()
		if (now != was) != want {
			t.Errorf("%s: from %d to %d", what, was, now)
		}
		was = now
	}
	changed("nothing", false)
	ln := listen(t, bob, "tcp", ":80")
	changed("a listener", true)
	conn := dial(t, alice, "tcp", "10.0.0.2:80")
	changed("a connection", true)
	conn.Close()
	changed("a connection that is closed", true)
	ln.Close()
	changed("a listener that is closed", true)
}

func TestNATTableAsJSON(t *testing.T) {
	r := newNATRoad(t, roadConfig{}, forward.NAT{Forward: []forward.PortForward{
		{Protocol: forward.TCP, Port: 8080, To: netip.MustParseAddrPort("10.0.1.10:80")},
	}})
	mustPing(t, r.alice, "10.0.3.10")
	got := asJSON(t, r.r1.Mappings())
	for _, want := range []string{
		`{"protocol":"tcp","inside":"10.0.1.10:80","outside":"10.0.2.1:8080","static":true}`,
		`{"protocol":"icmp","inside":"10.0.1.10:`, `"remote":"10.0.3.10:0","expires":"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}
