package world

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/clients/dnsc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/world/dhcpcard"
)

func ignore([]byte) {}

// join is a guest who stays until the test ends.
func (w *World) join(t *testing.T, who Newcomer) *Guest {
	t.Helper()
	if who.Deliver == nil {
		who.Deliver = ignore
	}
	g, err := w.Join(who)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Leave)
	return g
}

// told waits for what the guest's card is given next.
func (g *Guest) told(t *testing.T, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	a, err := g.Addressing(ctx)
	if got := fmt.Sprint(a.Prefixes, a.Gateways); got != want || err != nil {
		t.Fatalf("%s was told %s, %v; want %s", g.Name, got, err, want)
	}
}

// lodging is a LAN that takes guests, whose addresses are lent for an hour.
const lodging = `name: lodging
networks:
  lan: {domain: example.edu, ipv4: 192.0.2.0/24, ipv6: 2001:db8:1::/64, router: gw, resolver: ns, guests: 200-209}
routers:
  gw: {cards: {lan: 1}}
hosts:
  alice: {on: lan, at: 11, address: dhcp}
  bob: {on: lan, at: 12}
  ns:
    on: lan
    at: 53
    servers:
      dns: {zones: {example.edu: good.zone}, reverse: [lan]}
  dhcp:
    on: lan
    at: 67
    servers:
      dhcp: {pool: 200-202, lease: 1h, check: 0s}
`

const (
	withLease    = "[192.0.2.200/24 2001:db8:1::200/64] [192.0.2.1 2001:db8:1::1]"
	withoutLease = "[2001:db8:1::200/64] [2001:db8:1::1]"
)

// overheard are the DHCP messages from or to a host, from now on.
func (w *World) overheard(t *testing.T, host string) (text func() string) {
	t.Helper()
	ring := frame.NewRing(1 << 12)
	remove := w.Internet.Tap(ring)
	watcher := wire.New(wire.Options{Names: wire.NamesFunc(w.NameOf)})
	events := watcher.Subscribe(1 << 12)
	log := wire.NewLog(1 << 12)
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() { watcher.Run(ctx, ring) })
	working.Go(func() { log.Follow(events) })
	return func() string {
		w.Internet.Settle()
		remove()
		cancel()
		working.Wait()
		var lines []string
		for _, m := range log.Messages() {
			if m.Protocol == "DHCP" && (m.From.Host == host || strings.Contains(m.Summary, "192.0.2.20")) {
				lines = append(lines, fmt.Sprintf("%s: %s", m.From.Host, m.Summary))
			}
		}
		return strings.Join(lines, "\n")
	}
}

func TestGuestGetsAnAddress(t *testing.T) {
	w := startText(t, lodging, Options{})
	said := w.overheard(t, "guest1")
	var mu sync.Mutex
	var arrived [][]byte
	g := w.join(t, Newcomer{Deliver: func(frame []byte) {
		mu.Lock()
		defer mu.Unlock()
		arrived = append(arrived, slices.Clone(frame))
	}})
	g.told(t, withLease)
	addr := netip.MustParseAddr("192.0.2.200")
	if got := w.NameOf(addr); got != "guest1" {
		t.Errorf("the address is called %q", got)
	}
	if got, want := said(), `guest1: DISCOVER
dhcp: OFFER 192.0.2.200, 1h
guest1: REQUEST 192.0.2.200 (192.0.2.67)
dhcp: ACK 192.0.2.200, 1h`; got != want {
		t.Errorf("said:\n%s\nwant:\n%s", got, want)
	}
	if addrs, err := w.Host("bob").LookupHost(t.Context(), "guest1"); err != nil || len(addrs) != 2 {
		t.Errorf("guest1 is %v, %v", addrs, err)
	}
	stub := &dnsc.Client{Network: w.Host("bob")}
	if names, err := stub.LookupAddr(t.Context(), addr, w.Resolvers("bob")); err != nil || len(names) != 1 || names[0] != "guest1.example.edu." {
		t.Errorf("%v is called %v, %v", addr, names, err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, frame := range arrived {
		if strings.Contains(string(frame), "\x63\x82\x53\x63") && strings.Contains(string(frame[:70]), string(g.MAC)) {
			t.Errorf("the guest's kernel was given an answer to its client here: % x", frame)
		}
	}
}

// At half of the time the guest asks for more, and nothing changes for it. The
// server must not have to ask for its Ethernet address: the guest's kernel may
// be slower than a clock that is moved.
func TestGuestRenews(t *testing.T) {
	c := clock.NewMovable()
	w := startText(t, lodging, Options{Clock: c})
	c.OnSettle(w.Internet.Settle)
	g := w.join(t, Newcomer{})
	g.told(t, withLease)
	said := w.overheard(t, "guest1")
	c.Skip(100 * time.Minute)
	const renewal = "guest1: REQUEST 192.0.2.200\ndhcp: ACK 192.0.2.200, 1h"
	if got, want := said(), renewal+"\n"+renewal+"\n"+renewal; got != want {
		t.Errorf("said:\n%s\nwant:\n%s", got, want)
	}
	if now, changed := g.now.take(); changed {
		t.Errorf("told %v", now)
	}
}

// A lease that nobody renews ends, and its address is taken from the guest; when
// there is a server again, it gets one.
func TestGuestsLeaseExpires(t *testing.T) {
	c := clock.NewMovable()
	w := startText(t, lodging, Options{Clock: c})
	c.OnSettle(w.Internet.Settle)
	g := w.join(t, Newcomer{})
	g.told(t, withLease)
	began := c.Now()
	w.Internet.Link("dhcp").Unplug()
	c.Skip(59 * time.Minute)
	if now, changed := g.now.take(); changed {
		t.Errorf("after %v: %v", c.Now().Sub(began), now)
	}
	c.Skip(time.Minute)
	g.told(t, withoutLease)
	if got := w.NameOf(netip.MustParseAddr("192.0.2.200")); got != "" {
		t.Errorf("the address is still %s's", got)
	}
	w.Internet.Link("dhcp").Plug()
	c.Skip(2 * time.Minute)
	g.told(t, withLease)
}

// What a guest gives back is its own again when it returns, and otherwise others'.
func TestGuestGivesItsAddressBack(t *testing.T) {
	w := startText(t, lodging, Options{})
	said := w.overheard(t, "guest1")
	for range 3 {
		g := w.join(t, Newcomer{})
		g.told(t, withLease)
		g.Leave()
		g.Leave()
	}
	if got := said(); strings.Count(got, "guest1: RELEASE 192.0.2.200") != 3 {
		t.Errorf("said:\n%s", got)
	}
	if got := w.NameOf(netip.MustParseAddr("192.0.2.200")); got != "" {
		t.Errorf("the address is still %s's", got)
	}
	// The pool has three addresses.
	for n := range 20 {
		g := w.join(t, Newcomer{Name: fmt.Sprintf("visitor%d", n)})
		if _, err := g.Addressing(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.Leave()
	}
}

func TestGuestTakesTheHostsPlace(t *testing.T) {
	w := startText(t, lodging, Options{})
	g := w.join(t, Newcomer{Name: "alice"})
	g.told(t, "[192.0.2.11/24 2001:db8:1::11/64] [192.0.2.1 2001:db8:1::1]")
	g.Leave()
	w.has(t, "alice", "192.0.2.11")
	if _, err := w.Host("alice").Ping(t.Context(), netip.MustParseAddr("192.0.2.12")); err != nil {
		t.Errorf("alice did not come back: %v", err)
	}
	w.join(t, Newcomer{Name: "bob"}).told(t, "[192.0.2.12/24 2001:db8:1::12/64] [192.0.2.1 2001:db8:1::1]")
	w.refuses(t, map[string]string{"ns": "servers", "bob": "here already"})
}

func (w *World) refuses(t *testing.T, guests map[string]string) {
	t.Helper()
	for name, want := range guests {
		if _, err := w.Join(Newcomer{Name: name, Deliver: ignore}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A card's Ethernet address is made of its host's name, and so is the name in the
// DNS: a guest that is called as a router is would have the address of the router's
// card, and one called as a host in the DNS would take its name when it leaves.
func TestGuestIsNobodyElse(t *testing.T) {
	w := startText(t, strings.Replace(lodging, "bob: {", "bob: {fqdn: www.example.edu, ", 1), Options{})
	w.refuses(t, map[string]string{"gw": "a router or a network", "lan": "a router or a network", "www": "the host bob"})

	zone := w.zoneOf("printer.example.edu.")
	printer, err := dns.NewRR("printer.example.edu. 60 IN A 192.0.2.9")
	if err == nil {
		err = zone.Add(printer)
	}
	if err != nil {
		t.Fatal(err)
	}
	g := w.join(t, Newcomer{Name: "Printer"})
	g.told(t, withLease)
	records := func() (all []string) {
		for _, rr := range zone.Records() {
			if rr.Header().Name == printer.Header().Name {
				all = append(all, rr.String())
			}
		}
		return all
	}
	for _, when := range []string{"is here", "has left"} {
		if got := records(); !slices.Equal(got, []string{printer.String()}) {
			t.Errorf("while a guest of that name %s: %q", when, got)
		}
		g.Leave()
	}
}

// Who is there from the start has no need that a host is made, and taken away,
// in its place. Its cable can be a bad one.
func TestGuestFromTheStart(t *testing.T) {
	slow := internet.Faults{Delay: 10 * time.Millisecond}
	w := startText(t, lodging, Options{
		Guest:  &Newcomer{Name: "alice", Deliver: ignore},
		Faults: map[string]internet.Faults{"alice": slow},
	})
	w.Guest.told(t, "[192.0.2.11/24 2001:db8:1::11/64] [192.0.2.1 2001:db8:1::1]")
	if w.Host("alice") != nil {
		t.Error("there is a host in the guest's place")
	}
	if got := w.Internet.Link("alice").Faults(internet.FromA); got.Delay != slow.Delay {
		t.Errorf("the cable has %v", got)
	}
	plan, err := Parse(fstest.MapFS{"good.zone": {Data: []byte(goodZone)}}, "world.yaml", []byte(lodging))
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		"host with servers":      {Guest: &Newcomer{Name: "ns", Deliver: ignore}},
		"there is no link \"x\"": {Guest: &Newcomer{Deliver: ignore}, Faults: map[string]internet.Faults{"x": slow}},
	} {
		if _, err := Start(t.Context(), plan, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// The cable of a place is as bad with a guest as it was, and afterwards.
func TestGuestTakesTheCable(t *testing.T) {
	w := startText(t, lodging, Options{})
	faults := func() string {
		l := w.Internet.Link("bob")
		return fmt.Sprintf("%v, %v", l.Faults(internet.FromA), l.Faults(internet.FromB))
	}
	if err := w.SetFaults("bob", internet.Faults{Delay: 10 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	before := faults()
	g := w.join(t, Newcomer{Name: "bob"})
	if got := faults(); got != before {
		t.Errorf("with the guest: %s", got)
	}
	g.Leave()
	if got := faults(); got != before {
		t.Errorf("after the guest: %s", got)
	}
}

// On a LAN whose DHCP server is behind a router, the lease comes through the relay
// agent, and is renewed and given back by way of the router.
func TestGuestBehindARelay(t *testing.T) {
	c := clock.NewMovable()
	w := startText(t, tenants, Options{Clock: c})
	c.OnSettle(w.Internet.Settle)
	said := w.overheard(t, "carol")
	g := w.join(t, Newcomer{Name: "carol"})
	g.told(t, "[198.18.4.11/24 2001:db8:4::11/64] [198.18.4.1 2001:db8:4::1]")
	c.Skip(61 * time.Minute)
	g.Leave()
	if got, want := said(), `carol: DISCOVER
carol: REQUEST 198.18.4.11 (192.0.2.67)
carol: REQUEST 198.18.4.11
carol: RELEASE 198.18.4.11`; !strings.HasPrefix(got, want) {
		t.Errorf("said:\n%s\nwant:\n%s", got, want)
	}
	if now, changed := g.now.take(); !changed || len(now.Prefixes) != 1 {
		t.Errorf("at the end: %v", now)
	}
}

// A guest may see to its address itself. Its name is known all the same.
func TestGuestWithoutAddress(t *testing.T) {
	w := startText(t, lodging, Options{})
	said := w.overheard(t, "guest1")
	var own *dhcpcard.Card
	var g *Guest
	ready := make(chan bool)
	g = w.join(t, Newcomer{NoAddress: true, Deliver: func(frame []byte) { <-ready; own.Take(frame) }})
	own = dhcpcard.New(g.MAC, g.Send, nil)
	close(ready)
	g.told(t, withoutLease)
	if got := fmt.Sprint(g.Resolvers); got != "[2001:db8:1::53]" {
		t.Errorf("asks %s for names", got)
	}
	client := dhcpc.Client{Network: own, Card: "eth0", MAC: g.MAC}
	lease, err := client.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := w.NameOf(lease.Addr.Addr()); got != "guest1" {
		t.Errorf("%v is called %q", lease.Addr, got)
	}
	own.SetRoutes(lease.Addr, netip.Addr{})
	if err := client.Release(t.Context(), lease); err != nil {
		t.Error(err)
	}
	if got := said(); strings.Count(got, "DISCOVER") != 1 || strings.Count(got, "RELEASE") != 1 {
		t.Errorf("said:\n%s", got)
	}
	if got := w.NameOf(lease.Addr.Addr()); got != "" {
		t.Errorf("%v, given back, is called %q", lease.Addr, got)
	}
}

// A client of the guest's own works beside ours.
func TestGuestAsksTwice(t *testing.T) {
	w := startText(t, lodging, Options{})
	var own *dhcpcard.Card
	ready := make(chan bool)
	g := w.join(t, Newcomer{Deliver: func(frame []byte) { <-ready; own.Take(frame) }})
	own = dhcpcard.New(g.MAC, g.Send, nil)
	close(ready)
	g.told(t, withLease)
	client := dhcpc.Client{Network: own, Card: "eth0", MAC: g.MAC}
	if lease, err := client.Acquire(t.Context()); err != nil || lease.Addr.String() != "192.0.2.200/24" {
		t.Errorf("%v, %v", lease, err)
	}
}

func TestNobodyLendsAnAddress(t *testing.T) {
	c := clock.NewMovable()
	w := startText(t, lodging, Options{Clock: c})
	c.OnSettle(w.Internet.Settle)
	w.Internet.Link("dhcp").Unplug()
	g := w.join(t, Newcomer{})
	failed := make(chan error, 1)
	go func() {
		_, err := g.Addressing(t.Context())
		failed <- err
	}()
	for {
		select {
		case err := <-failed:
			if err == nil || !strings.Contains(err.Error(), "no address for guest1: no DHCP server on lan") {
				t.Errorf("error %v", err)
			}
			return
		case <-time.After(10 * time.Millisecond):
			c.Skip(patience)
		}
	}
}

func TestGuestWhereNobodyLends(t *testing.T) {
	plan, err := Parse(smallFiles(), "small.yaml", []byte(strings.Replace(small, "200-249", "200-201", 1)))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Start(t.Context(), plan, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	g, err := w.Join(Newcomer{Network: "lan", Deliver: ignore})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := g.Addressing(t.Context()); err != nil || len(a.Prefixes) == 0 || !a.Prefixes[0].Addr().Is4() {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := w.Join(Newcomer{Network: "lan", Deliver: ignore}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Join(Newcomer{Network: "lan", Deliver: ignore}); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a, err := g.Addressing(ctx); err == nil {
		t.Errorf("fixed addresses became %v", a)
	}
}

// In the default world, with names from the zones.
func TestGuestsComeAndGo(t *testing.T) {
	w := start(t, Options{})
	arrived := make(chan []byte, 100)
	g := w.join(t, Newcomer{Deliver: func(frame []byte) {
		select {
		case arrived <- slices.Clone(frame):
		default:
		}
	}})
	a, err := g.Addressing(t.Context())
	if err != nil || g.FQDN != "guest1.example.edu" || len(a.Prefixes) != 2 || w.NameOf(a.Prefixes[1].Addr()) != "guest1" {
		t.Fatalf("%v, %v", a, err)
	}
	go w.Host("alice").Ping(t.Context(), a.Prefixes[0].Addr()) // nobody answers it
	for frame := range arrived {
		if len(frame) >= 42 && frame[12] == 8 && frame[13] == 6 {
			break
		}
	}
	if _, err := w.Join(Newcomer{Name: "guest1", Deliver: ignore}); err == nil {
		t.Error("two guests of one name")
	}
	if addrs, err := w.Host("bob").LookupHost(t.Context(), "guest1"); err != nil || len(addrs) != 2 {
		t.Errorf("guest1 is %v, %v", addrs, err)
	}
	g.Leave()
	if w.NameOf(a.Prefixes[0].Addr()) != "" {
		t.Error("the name is still there")
	}
	again := w.join(t, Newcomer{Name: "laptop"})
	now, err := again.Addressing(t.Context())
	if err != nil || now.Prefixes[1] != a.Prefixes[1] {
		t.Errorf("the place was not given back: %+v, %v", now, err)
	}
	stub := &dnsc.Client{Network: w.Host("bob")}
	for _, prefix := range now.Prefixes {
		names, err := stub.LookupAddr(t.Context(), prefix.Addr(), w.Resolvers("bob"))
		if err != nil || len(names) != 1 || names[0] != "laptop.example.edu." {
			t.Errorf("%v is called %v, %v", prefix.Addr(), names, err)
		}
	}
}
