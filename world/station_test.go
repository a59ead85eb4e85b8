package world

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/supervise"
)

const stationWorld = `name: two
networks:
  lan: {domain: example.com, ipv4: 192.0.2.0/24, ipv6: "2001:db8:1::/64", guests: 200-249, router: gw}
  far: {ipv4: 203.0.113.0/24, ipv6: "2001:db8:3::/64", router: gw}
routers:
  gw: {cards: {lan: 1, far: 1}, nat: {outside: far, forward: {8080: www:80, 53: ns:53}, helper: [ftp]}}
hosts:
  www: {on: lan, at: 80, servers: {http: {site: site}}}
  ns: {on: lan, at: 53, servers: {dns: {zones: {example.com: zone}}}}
  off: {on: lan, at: 81, servers: {http: {site: site, start: false}}}
`

func stationPlan(t *testing.T) *Plan {
	t.Helper()
	plan, err := Parse(fstest.MapFS{
		"site/index.html": {Data: []byte("hello")},
		"zone":            {Data: []byte("@ 60 SOA ns hostmaster 1 60 60 60 60\n@ 60 NS ns\nns 60 A 192.0.2.53\n")},
	}, "world.yaml", []byte(stationWorld))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// A station is one host of a plan on a network that is not the plan's: here on a host
// of another Internet, which has the same address.
func TestStation(t *testing.T) {
	plan := stationPlan(t)
	net := internet.New(internet.Config{})
	defer net.Close()
	lan, err := net.AddSwitch("lan")
	if err != nil {
		t.Fatal(err)
	}
	hosts := make(map[string]*internet.Host)
	for name, addr := range map[string]string{"www": "192.0.2.80/24", "pc": "192.0.2.9/24"} {
		if hosts[name], err = net.AddHost(name); err != nil {
			t.Fatal(err)
		}
		if _, err := hosts[name].Connect(lan, internet.CardConfig{Name: "eth0", Addrs: []netip.Prefix{netip.MustParsePrefix(addr)}}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := plan.Station("www", StationOptions{Network: hosts["www"]})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Servers.Serve(ctx) }()

	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: hosts["pc"].DialContext}}
	get := func() string {
		response, err := client.Get("http://192.0.2.80/")
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return err.Error()
		}
		return string(body)
	}
	eventually(t, "the page", func() bool { return get() == "hello" })
	p, err := s.Panels()
	if err != nil || p.Kind != "host" || p.FQDN != "www.example.com" || len(p.Servers) != 1 || p.Servers[0].Ports != "80/tcp" {
		t.Errorf("%+v, %v", p, err)
	}
	if err := s.Servers.Stop("www", "http"); err != nil {
		t.Fatal(err)
	}
	if got := get(); got == "hello" {
		t.Error("it answers, though it was stopped")
	}
	if err := s.Servers.Kill("www", "http"); err == nil {
		t.Error("what does not run was killed")
	}
	if err := s.Servers.Start("www", "http"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the page again", func() bool { return get() == "hello" })
	s.Replugged() // it has no server that has to begin anew
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// A server that the plan does not start is held; who it does not know is told whom it
// knows; a name server's zones are there, and hosts with a lease are entered.
func TestStationsOfAPlan(t *testing.T) {
	plan := stationPlan(t)
	if _, err := plan.Station("wwww", StationOptions{}); err == nil || !strings.Contains(err.Error(), "www") {
		t.Error(err)
	}
	off, err := plan.Station("off", StationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := off.Panels(); err != nil || p.Servers[0].State != supervise.Stopped {
		t.Errorf("%+v, %v", p.Servers, err)
	}
	ns, err := plan.Station("ns", StationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ns.Know([]Named{{Name: "visitor", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.200")}}}, func(name string) string { return name + ".example.com" })
	p, err := ns.Panels()
	if err != nil || len(p.Zones) != 1 {
		t.Fatalf("%+v, %v", p.Zones, err)
	}
	known := func() bool {
		p, _ := ns.Panels()
		for _, rr := range p.Zones[0].Records {
			if rr.Name == "visitor.example.com." && rr.Data == "192.0.2.200" {
				return true
			}
		}
		return false
	}
	if !known() {
		t.Error("the zone has no visitor")
	}
	ns.Know(nil, func(name string) string { return name + ".example.com" })
	if known() {
		t.Error("the visitor who has left is in the zone")
	}
}

// What a machine must know that is to be a router of the plan.
func TestMachineOfARouter(t *testing.T) {
	plan := stationPlan(t)
	m, ok := plan.Machine("gw")
	if !ok || !m.Router || len(m.Cards) != 2 || m.NAT == nil {
		t.Fatalf("%+v", m)
	}
	if m.NAT.Outside != "eth0" && m.NAT.Outside != "eth1" || m.NAT.Addr != netip.MustParseAddr("203.0.113.1") || !m.NAT.FTP {
		t.Errorf("%+v", m.NAT)
	}
	var forwards []string
	for _, f := range m.NAT.Forward {
		forwards = append(forwards, f.Protocol.String()+" "+f.To.String())
	}
	if got := strings.Join(forwards, ", "); got != "tcp 192.0.2.80:80, tcp 192.0.2.53:53, udp 192.0.2.53:53" {
		t.Error(got)
	}
}

// The IPv6 address that goes with a lent one has its number.
func TestSixOf(t *testing.T) {
	plan := stationPlan(t)
	addr, via, ok := plan.SixOf("lan", netip.MustParseAddr("192.0.2.203"))
	if !ok || addr != netip.MustParsePrefix("2001:db8:1::203/64") || via != netip.MustParseAddr("2001:db8:1::1") {
		t.Errorf("%v via %v, %v", addr, via, ok)
	}
	for _, lent := range []string{"192.0.2.80", "203.0.113.200"} { // a host's, and of another network
		if addr, _, ok := plan.SixOf("lan", netip.MustParseAddr(lent)); ok {
			t.Errorf("%s has %v", lent, addr)
		}
	}
}
