package world

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/servers/dhcpd"
)

// tenants is a world in which hosts get their addresses in each way there is: kept
// for them or from the pool, from a server on their LAN, over a relay agent, and
// from their router.
const tenants = `name: tenants
networks:
  lan: {domain: example.edu, ipv4: 192.0.2.0/24, ipv6: 2001:db8:1::/64, router: gw, resolver: ns, guests: 200-249}
  dorm: {domain: example.edu, ipv4: 198.18.4.0/24, ipv6: 2001:db8:4::/64, router: gw, resolver: ns}
  home: {ipv4: 192.168.1.0/24, router: box}
routers:
  gw:
    cards: {lan: 1, dorm: 1}
    servers:
      relay: {for: dorm, to: dhcp}
  box:
    cards: {lan: 2, home: 1}
    servers:
      dhcp: {on: home, pool: 50-59, lease: 30m, check: 5ms}
hosts:
  alice: {on: lan, at: 11, address: dhcp}
  bob: {on: lan, address: dhcp}
  carol: {on: dorm, at: 11, address: dhcp}
  eve: {on: dorm, address: dhcp}
  dave: {on: home, address: dhcp}
  ns:
    on: lan
    at: 53
    servers:
      dns: {zones: {example.edu: good.zone}, reverse: [lan, dorm]}
  dhcp:
    on: lan
    at: 67
    servers:
      dhcp:
        pool: 200-249
        lease: 24h
        check: 5ms
        networks:
          dorm: {pool: 100-199, lease: 2h}
`

const goodZone = "$TTL 60\n@ IN SOA ns hostmaster 1 2h 15m 2w 5m\n@ IN NS ns\nns IN A 192.0.2.53\n"

func startText(t *testing.T, text string, o Options) *World {
	t.Helper()
	plan, err := Parse(fstest.MapFS{"good.zone": {Data: []byte(goodZone)}}, "world.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	w, err := Start(t.Context(), plan, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// has waits until the host has the IPv4 address; "" means none.
func (w *World) has(t *testing.T, host, addr string) {
	t.Helper()
	var now string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if now = w.ipv4Of(host); now == addr {
			return
		}
	}
	t.Fatalf("%s has %q, not %q", host, now, addr)
}

// ipv4Of is the host's IPv4 address now, or "".
func (w *World) ipv4Of(host string) string {
	for _, card := range w.Host(host).Cards() {
		for _, p := range card.Addrs {
			if p.Addr().Is4() {
				return p.Addr().String()
			}
		}
	}
	return ""
}

func TestHostsGetTheirAddresses(t *testing.T) {
	w := startText(t, tenants, Options{})
	for host, want := range map[string]string{
		"alice": "192.0.2.11", "bob": "192.0.2.200", "carol": "198.18.4.11", "eve": "198.18.4.100", "dave": "192.168.1.50",
	} {
		w.has(t, host, want)
		if got := w.NameOf(netip.MustParseAddr(want)); got != host {
			t.Errorf("%s is the address of %q, not of %s", want, got, host)
		}
	}
	for _, to := range []string{"198.18.4.11", "198.18.4.100", "192.168.1.50", "2001:db8:4::11"} {
		if _, err := w.Host("alice").Ping(t.Context(), netip.MustParseAddr(to)); err != nil {
			t.Errorf("alice does not reach %s: %v", to, err)
		}
	}
	leases := w.Leases()
	if len(leases) != 5 || leases[0].Server != "box" || leases[0].Host != "dave" || leases[0].State != dhcpd.Bound {
		t.Errorf("leases: %+v", leases)
	}
	if s := w.status(t, "alice", dhcpClient); s.Address != "192.0.2.11" || s.State != "running" {
		t.Errorf("alice's client: %+v", s)
	}
	if s := w.status(t, "box", "dhcp"); s.Ports != "67/udp" {
		t.Errorf("box's server: %+v", s)
	}
}

// An attached program has its number from the range of the pool. Nobody else is
// lent it.
func TestAttachedAddressIsNotLent(t *testing.T) {
	a, err := ParseAttachment("mysite:80=127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	w := startText(t, tenants, Options{Attach: []Attachment{a}})
	if got := w.ipv4Of("mysite"); got != "192.0.2.200" {
		t.Errorf("mysite has %s", got)
	}
	w.has(t, "bob", "192.0.2.201")
}

// A client that is killed takes its old address up again, without a word of it
// being free.
func TestKilledClientRemembers(t *testing.T) {
	w := startText(t, tenants, Options{})
	h := w.listen(t)
	if err := w.Servers.Kill("alice", dhcpClient); err != nil {
		t.Fatal(err)
	}
	h.wait(t, "dhcp → ", 1)
	w.has(t, "alice", "192.0.2.11")
	if got := h.with("alice"); len(got) != 1 || !strings.Contains(got[0], "alice → everybody: REQUEST 192.0.2.11") {
		t.Errorf("alice says %v", got)
	}
	if got := h.with("RELEASE"); len(got) > 0 {
		t.Errorf("given back: %v", got)
	}
}
