package world

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/internet/forward"
)

// home is what everybody has at home: a LAN with private addresses, and a router
// with one address that is not.
//
//	home 192.168.1.0/24 -- fritz -- core 198.51.100.0/24 -- isp -- hosting 203.0.113.0/24
const home = `name: home
networks:
  home: {ipv4: 192.168.1.0/24, ipv6: 2001:db8:1::/64, router: fritz}
  core: {ipv4: 198.51.100.0/24, ipv6: 2001:db8:2::/64, router: isp}
  hosting: {ipv4: 203.0.113.0/24, ipv6: 2001:db8:3::/64, router: isp}
routers:
  fritz:
    cards: {home: 1, core: 2}
    nat: {outside: core, forward: {8080: nas:80, 2121: pc:21}, helper: [ftp]}
  isp: {cards: {core: 1, hosting: 1}}
hosts:
  pc: {on: home, at: 11}
  nas: {on: home, at: 80, servers: {http: {site: site}}}
  neighbour: {on: core, at: 99}
  www: {on: hosting, at: 80, servers: {http: {site: site}}}
`

func startHome(t *testing.T) *World {
	t.Helper()
	plan, err := Parse(fstest.MapFS{"site/index.html": {Data: []byte("hello")}}, "world.yaml", []byte(home))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Start(t.Context(), plan, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := w.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return w
}

// whoComes listens on a host, and says from which address the first one connects.
func (w *World) whoComes(t *testing.T, host, address string) <-chan netip.AddrPort {
	t.Helper()
	ln, err := w.Host(host).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	who := make(chan netip.AddrPort, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		who <- netip.MustParseAddrPort(conn.RemoteAddr().String())
		io.Copy(io.Discard, struct{ io.Reader }{conn})
	}()
	return who
}

func (w *World) dial(t *testing.T, host, address string, within time.Duration) (net.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	conn, err := w.Host(host).DialContext(ctx, "tcp", address)
	if err == nil {
		t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

func (w *World) ping(t *testing.T, host, to string, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	_, err := w.Host(host).Ping(ctx, netip.MustParseAddr(to))
	return err
}

const (
	surely = 30 * time.Second       // for what must happen, however slow the machine is
	awhile = 300 * time.Millisecond // for what must not happen at all
)

func TestNATFromInside(t *testing.T) {
	w := startHome(t)
	if page := get(t, w.Host("pc"), "http://203.0.113.80/"); page != "hello" {
		t.Errorf("the page is %q", page)
	}
	if err := w.ping(t, "pc", "203.0.113.80", surely); err != nil {
		t.Error(err)
	}
	who := w.whoComes(t, "www", ":7")
	conn, err := w.dial(t, "pc", "203.0.113.80:7", surely)
	if err != nil {
		t.Fatal(err)
	}
	from := <-who
	if from.Addr().String() != "198.51.100.2" {
		t.Errorf("the server sees %v, want the router", from)
	}

	status := w.NATs()
	if len(status) != 1 || status[0].Router != "fritz" || !status[0].On || status[0].Outside.String() != "198.51.100.2" {
		t.Fatalf("%+v", status)
	}
	local := netip.MustParseAddrPort(conn.LocalAddr().String())
	if !slices.ContainsFunc(status[0].Mappings, func(m forward.Mapping) bool {
		return m.Protocol == forward.TCP && m.Inside == local && m.Outside == from && m.Remote.String() == "203.0.113.80:7" && m.Expires.After(time.Now().Add(time.Hour))
	}) {
		t.Errorf("%v as %v is not among %+v", local, from, status[0].Mappings)
	}
	// Where nobody listens, or is: errors find the way back through the NAT.
	for address, want := range map[string]string{"203.0.113.80:9": "refused", "192.0.2.1:80": "unreachable"} {
		if _, err := w.dial(t, "pc", address, surely); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	udp, err := w.Host("pc").DialContext(t.Context(), "udp", "203.0.113.80:33434")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	udp.Write([]byte("probe"))
	udp.SetReadDeadline(time.Now().Add(surely))
	if _, err := udp.Read(make([]byte, 10)); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("port unreachable, through the NAT: %v", err)
	}
}

func TestNATFromOutside(t *testing.T) {
	w := startHome(t)
	// Nobody has a route to the LAN; not even who is next to the router.
	for _, r := range w.routers["isp"].Routes() {
		if r.Dst.Overlaps(netip.MustParsePrefix("192.168.0.0/16")) {
			t.Errorf("isp has a route into the LAN: %v", r)
		}
	}
	if !slices.ContainsFunc(w.routers["isp"].Routes(), func(r internet.Route) bool { return r.Dst.String() == "2001:db8:1::/64" }) {
		t.Error("isp has no IPv6 route to the LAN, where there is no NAT")
	}
	if err := w.ping(t, "www", "2001:db8:1::11", surely); err != nil {
		t.Error(err)
	}
	if _, err := w.dial(t, "www", "192.168.1.80:80", surely); err == nil || !strings.Contains(err.Error(), "unreachable") {
		t.Errorf("www connected to an address inside: %v", err)
	}
	if err := w.Host("neighbour").SetRoutes([]internet.Route{{Dst: netip.MustParsePrefix("192.168.1.0/24"), Via: netip.MustParseAddr("198.51.100.2")}}); err != nil {
		t.Fatal(err)
	}
	for _, inside := range []string{"192.168.1.11", "192.168.1.1"} {
		if err := w.ping(t, "neighbour", inside, awhile); err == nil {
			t.Errorf("a neighbour reaches %s", inside)
		}
	}
	// The router's address: only what is forwarded.
	if _, err := w.dial(t, "www", "198.51.100.2:80", surely); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("port 80 of the router: %v", err)
	}
	if page := get(t, w.Host("www"), "http://198.51.100.2:8080/"); page != "hello" {
		t.Errorf("by the forwarded port: %q", page)
	}
	if page := get(t, w.Host("pc"), "http://198.51.100.2:8080/"); page != "hello" {
		t.Errorf("by a hairpin: %q", page)
	}
	who := w.whoComes(t, "pc", ":21")
	if _, err := w.dial(t, "www", "198.51.100.2:2121", surely); err != nil {
		t.Fatal(err)
	}
	if from := <-who; from.Addr().String() != "203.0.113.80" {
		t.Errorf("the server inside sees %v, want the client", from)
	}
}

func TestNATOffAndOn(t *testing.T) {
	w := startHome(t)
	if err := w.ping(t, "pc", "203.0.113.80", surely); err != nil {
		t.Fatal(err)
	}
	if err := w.SetNAT("fritz", false); err != nil {
		t.Fatal(err)
	}
	if err := w.ping(t, "pc", "203.0.113.80", awhile); err == nil {
		t.Error("without a NAT, an answer has come to a private address")
	}
	for end := time.Now().Add(surely); w.routers["isp"].Counters().Dropped[forward.NoRoute] == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("isp has not dropped the answer")
		}
	}
	if s := w.NATs()[0]; s.On || len(s.Mappings) != 0 {
		t.Errorf("%+v", s)
	}
	if err := w.SetNAT("fritz", true); err != nil {
		t.Fatal(err)
	}
	if err := w.ping(t, "pc", "203.0.113.80", surely); err != nil {
		t.Error(err)
	}
	for router, want := range map[string]string{
		"isp":  `has no nat: in the world file; there is fritz`,
		"fits": `there is no router "fits"; write "fritz"`,
	} {
		if err := w.SetNAT(router, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", router, err, want)
		}
	}
}

func TestNATInWorldFiles(t *testing.T) {
	files := fstest.MapFS{"site/index.html": {Data: []byte("hello")}}
	const nat = "    nat: {outside: core, forward: {8080: nas:80, 2121: pc:21}, helper: [ftp]}\n"
	for _, test := range []struct{ nat, problem string }{
		{"nat: core", ""},
		{"nat: {outside: core}", ""},
		{"nat: {outside: core, helper: ftp}", ""},
		{"nat: cor", `world.yaml:9: there is no network "cor"; write "core"`},
		{"nat: hosting", `world.yaml:9: hosting, outside the nat, is no network of fritz; there is core, home`},
		{"nat: {forward: {8080: nas:80}}", `world.yaml:9: the nat of fritz has no outside; write nat: and the network that is outside`},
		{"nat: {outside: core, foward: {8080: nas:80}}", `world.yaml:9: a nat has no "foward"; write "forward"`},
		{"nat: {outside: core, forward: {80800: nas:80}}", `world.yaml:9: "80800" does not do here; write a whole number from 1 to 65535`},
		{"nat: {outside: core, forward: {8080: nas}}", `world.yaml:9: "nas" is not a host and its port; write it like nas:21`},
		{"nat: {outside: core, forward: {8080: nsa:80}}", `world.yaml:9: there is no host "nsa"; there is nas, neighbour, pc, www`},
		{"nat: {outside: core, forward: {8080: nas:80, 08080: nas:81}}", `world.yaml:9: port 8080 of fritz is forwarded twice; remove one of the two`},
		{"nat: {outside: core, forward: {8080: neighbour:80}}", `world.yaml:9: port 8080 of fritz leads to neighbour, which is outside; name a host inside`},
		{"nat: {outside: core, helper: [fpt]}", `world.yaml:9: there is no helper "fpt"; there is ftp`},
	} {
		text := strings.Replace(home, nat, "    "+test.nat+"\n", 1)
		_, err := Parse(files, "world.yaml", []byte(text))
		if got := fmt.Sprint(err); err != nil && got != test.problem || err == nil && test.problem != "" {
			t.Errorf("%s:\ngot  %v\nwant %s", test.nat, err, test.problem)
		}
	}
	for change, problem := range map[[2]string]string{
		{"core: {ipv4: 198.51.100.0/24, ", "core: {"}:     "has no IPv4 addresses",
		{"cards: {home: 1, core: 2}", "cards: {core: 2}"}: "fritz has nothing inside its nat",
		{"home: {ipv4: 192.168.1.0/24, ", "home: {"}:      "leads to nas, which has none",
	} {
		if _, err := Parse(files, "world.yaml", []byte(strings.Replace(home, change[0], change[1], 1))); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v, want %s", change[1], err, problem)
		}
	}
}

func TestNATForwardsWhatListens(t *testing.T) {
	plan, err := Parse(fstest.MapFS{"site/index.html": {Data: []byte("hello")}}, "world.yaml", []byte(home))
	if err != nil {
		t.Fatal(err)
	}
	r := plan.router("fritz")
	c := r.NAT.config(plan, r)
	want := []forward.PortForward{
		{Protocol: forward.TCP, Port: 8080, To: netip.MustParseAddrPort("192.168.1.80:80")}, // where a web server is
		{Protocol: forward.TCP, Port: 2121, To: netip.MustParseAddrPort("192.168.1.11:21")}, // where nothing is, yet
		{Protocol: forward.UDP, Port: 2121, To: netip.MustParseAddrPort("192.168.1.11:21")},
	}
	if !slices.Equal(c.Forward, want) || c.Outside != 1 || !c.FTP {
		t.Errorf("%+v", c)
	}
}

// A file may be read whose routers are on networks that do not exist: routes are
// computed while it is checked.
func TestRoutesOfAPlanWithMistakes(t *testing.T) {
	text := strings.Replace(home, "isp: {cards: {core: 1, hosting: 1}}", `isp: {cards: {core: 1, hosting: 1, typo: 1}}
  inner: {cards: {home: 3, hmoe: 4}, servers: {relay: {to: www, from: home}}}`, 1)
	_, err := Parse(fstest.MapFS{"site/index.html": {Data: []byte("hello")}}, "world.yaml", []byte(text))
	for _, want := range []string{`there is no network "typo"`, `there is no network "hmoe"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Through a network without IPv4 there is no way for IPv4.
func TestRoutesOfOneFamily(t *testing.T) {
	const text = `name: families
networks:
  left: {ipv4: 192.0.2.0/24, ipv6: 2001:db8:1::/64}
  middle: {ipv6: 2001:db8:2::/64}
  right: {ipv4: 203.0.113.0/24, ipv6: 2001:db8:3::/64}
routers:
  r1: {cards: {left: 1, middle: 1}}
  r2: {cards: {middle: 2, right: 1}}
hosts:
  alice: {on: left, at: 11}
`
	plan, err := Parse(fstest.MapFS{}, "world.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(plan.routes(plan.router("r1"))); got != "[{2001:db8:3::/64 2001:db8:2::2 }]" {
		t.Errorf("r1 has %s", got)
	}
}
