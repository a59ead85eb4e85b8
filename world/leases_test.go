package world

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/dhcpd"
	"github.com/wirebook/wirebook/wire"
)

// heard are the DHCP messages of a world, as a ladder would have them.
type heard struct {
	mu    sync.Mutex
	lines []string
}

// listen notes every DHCP message from now on: "12:00 alice → dhcp: REQUEST".
func (w *World) listen(t *testing.T) *heard {
	t.Helper()
	h := &heard{}
	began := w.clock.Now()
	ring := frame.NewRing(1 << 16)
	remove := w.Internet.Tap(ring)
	watcher := wire.New(wire.Options{Names: wire.NamesFunc(w.NameOf)})
	events := watcher.Subscribe(1 << 12)
	ctx, cancel := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	reading.Go(func() { watcher.Run(ctx, ring) })
	reading.Go(func() {
		for event := range events.C {
			if m := event.Message; m.Protocol == "DHCP" && !event.Update {
				line := fmt.Sprintf("%s %s → %s: %s", clockFace(m.Time.Sub(began)), m.From.Host, cmp.Or(m.To.Host, "everybody"), m.Summary)
				h.mu.Lock()
				h.lines = append(h.lines, line)
				h.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() {
		remove()
		cancel()
		reading.Wait()
	})
	return h
}

// clockFace is a time since the start, in hours and minutes.
func clockFace(d time.Duration) string {
	d = d.Round(time.Minute)
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// wait returns what was heard once there are n lines with that text.
func (h *heard) wait(t *testing.T, text string, n int) []string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if lines := h.with(text); len(lines) >= n {
			return lines
		}
	}
	t.Fatalf("not %d times %q:\n%s", n, text, strings.Join(h.with(""), "\n"))
	return nil
}

func (h *heard) with(text string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var lines []string
	for _, line := range h.lines {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// moving is a world whose clock can be moved.
func moving(t *testing.T, text string, o Options) (*World, *clock.Movable) {
	t.Helper()
	c := clock.NewMovable()
	o.Clock = c
	w := startText(t, text, o)
	c.OnSettle(w.Internet.Settle)
	return w, c
}

func TestRenewalsComeInOrder(t *testing.T) {
	w, c := moving(t, tenants, Options{})
	h := w.listen(t)
	c.Skip(65 * time.Minute)
	dave := strings.Join(h.wait(t, "dave", 8), "\n")
	if want := `00:15 dave → box: REQUEST 192.168.1.50
00:15 box → dave: ACK 192.168.1.50, 30m
00:30 dave → box: REQUEST 192.168.1.50
00:30 box → dave: ACK 192.168.1.50, 30m
00:45 dave → box: REQUEST 192.168.1.50
00:45 box → dave: ACK 192.168.1.50, 30m
01:00 dave → box: REQUEST 192.168.1.50
01:00 box → dave: ACK 192.168.1.50, 30m`; dave != want {
		t.Errorf("dave:\n%s\nwant\n%s", dave, want)
	}
	if carol := strings.Join(h.wait(t, "carol", 2), "\n"); carol != "01:00 carol → dhcp: REQUEST 198.18.4.11\n01:00 dhcp → carol: ACK 198.18.4.11, 2h" {
		t.Errorf("carol renews, past the relay agent:\n%s", carol)
	}
	if alice := h.with("alice"); len(alice) > 0 { // her T1 is after 12 hours
		t.Errorf("alice:\n%s", strings.Join(alice, "\n"))
	}
	all := h.with("")
	if !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(a[:5], b[:5]) }) {
		t.Errorf("out of order:\n%s", strings.Join(all, "\n"))
	}
	c.Skip(11 * time.Hour)
	h.wait(t, "12:00 dhcp → alice: ACK 192.0.2.11, 24h", 1)
}

const oneServer = `name: one server
networks:
  lan: {ipv4: 192.0.2.0/24, ipv6: 2001:db8:1::/64}
hosts:
  alice: {on: lan, at: 11, address: dhcp}
  dhcp:
    on: lan
    at: 67
    servers:
      dhcp: {lease: 24h, check: 5ms}
`

// Without its server a host keeps its address as long as the lease lasts, and not
// longer; and gets one when the server is back.
func TestLeaseEndsWithoutServer(t *testing.T) {
	w, c := moving(t, oneServer, Options{})
	w.Servers.Remove("dhcp")
	h := w.listen(t)
	c.Skip(23*time.Hour + 50*time.Minute)
	w.has(t, "alice", "192.0.2.11")
	h.wait(t, "12:00 alice → dhcp: REQUEST 192.0.2.11", 1)
	h.wait(t, "21:00 alice → everybody: REQUEST 192.0.2.11", 1)
	c.Skip(20 * time.Minute)
	w.has(t, "alice", "")
	if name := w.NameOf(netip.MustParseAddr("192.0.2.11")); name != "" {
		t.Errorf("the address is still that of %s", name)
	}
	if name := w.NameOf(netip.MustParseAddr("2001:db8:1::11")); name != "alice" {
		t.Errorf("alice's IPv6 address is that of %q", name)
	}
	w.Servers.Add("dhcp", "dhcp", w.lenders[0].server, w.Host("dhcp"))
	for end := time.Now().Add(30 * time.Second); w.ipv4Of("alice") == "" && time.Now().Before(end); {
		c.Skip(30 * time.Second)
	}
	w.has(t, "alice", "192.0.2.11")
}

const twoServers = `name: two servers
networks:
  lan: {ipv4: 192.0.2.0/24}
hosts:
  alice: {on: lan, at: 11, address: dhcp}
  one:
    on: lan
    at: 1
    servers:
      dhcp: {pool: 100-149, lease: 2h, check: 0s, authoritative: false}
  two:
    on: lan
    at: 2
    servers:
      dhcp: {pool: 150-199, lease: 2h, check: 0s, authoritative: false}
`

// One of two servers is chosen, and the other takes its offer back. When the
// chosen one has died, the host finds the other after T2.
func TestTwoServersOnOneNetwork(t *testing.T) {
	w, c := moving(t, twoServers, Options{})
	var chosen, other string
	for end := time.Now().Add(30 * time.Second); chosen == "" || other == ""; {
		for _, l := range w.Leases() {
			switch l.State {
			case dhcpd.Bound:
				chosen = l.Server
			case dhcpd.Released:
				other = l.Server
			}
		}
		if time.Now().After(end) {
			t.Fatalf("one lends and the other does not: %+v", w.Leases())
		}
	}
	w.Servers.Remove(chosen)
	h := w.listen(t)
	c.Skip(110 * time.Minute)
	w.has(t, "alice", "192.0.2.11")
	h.wait(t, "01:00 alice → "+chosen+": REQUEST 192.0.2.11", 1)
	h.wait(t, "01:45 alice → everybody: REQUEST 192.0.2.11", 1)
	h.wait(t, "01:45 "+other+" → alice: ACK 192.0.2.11, 2h", 1)
}

const onePlace = `name: one place
networks:
  lan: {ipv4: 192.0.2.0/24}
hosts:
  alice: {on: lan, address: dhcp}
  bob: {on: lan, address: dhcp}
  dhcp:
    on: lan
    at: 67
    servers:
      dhcp: {pool: 100-100, lease: 10m, check: 5ms}
`

// Two hosts and one address: the second waits until the first has gone and its
// lease has ended.
func TestPoolIsExhausted(t *testing.T) {
	w, c := moving(t, onePlace, Options{})
	lucky, unlucky := "alice", "bob"
	if w.ipv4Of(lucky) == "" {
		lucky, unlucky = unlucky, lucky
	}
	w.has(t, lucky, "192.0.2.100")
	c.Skip(30 * time.Minute)
	if got := w.ipv4Of(unlucky); got != "" {
		t.Errorf("%s has %s, which is lent to %s", unlucky, got, lucky)
	}
	if err := w.removeHost(w.Plan.host(lucky)); err != nil {
		t.Fatal(err)
	}
	c.Skip(12 * time.Minute)
	w.has(t, unlucky, "192.0.2.100")
}

// A bad cable: frames are lost, doubled and out of order.
func TestLeaseOverABadCable(t *testing.T) {
	for seed := range uint64(3) {
		w, c := moving(t, tenants, Options{Seed: seed + 1, Faults: map[string]internet.Faults{
			"alice": {Loss: 0.2, Duplicate: 0.1, Reorder: 0.1}, "gw-dorm": {Loss: 0.2, Duplicate: 0.1, Reorder: 0.1},
		}})
		for _, host := range []string{"alice", "carol"} {
			for end := time.Now().Add(30 * time.Second); w.ipv4Of(host) == "" && time.Now().Before(end); {
				c.Skip(5 * time.Second)
			}
		}
		w.has(t, "alice", "192.0.2.11")
		w.has(t, "carol", "198.18.4.11")
	}
}

// The servers of a world that starts again remember what they have lent.
func TestLeasesOutliveTheWorld(t *testing.T) {
	dir := t.TempDir()
	open := func() Options {
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		return Options{State: root}
	}
	bound := func(w *World) map[string]string {
		all := make(map[string]string)
		for _, l := range w.Leases() {
			all[l.MAC] = fmt.Sprint(l.Addr, " ", l.State)
		}
		return all
	}
	first := startText(t, tenants, open())
	before := bound(first)
	first.Close()
	// Nobody asks in this world: what it knows, it has read.
	silent := strings.NewReplacer(", address: dhcp", "", "bob: {on: lan", "bob: {on: lan, at: 12", "eve: {on: dorm", "eve: {on: dorm, at: 12", "dave: {on: home", "dave: {on: home, at: 12").Replace(tenants)
	again := startText(t, silent, open())
	for end := time.Now().Add(30 * time.Second); len(bound(again)) < len(before) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if after := bound(again); len(before) != 5 || !maps.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
}
