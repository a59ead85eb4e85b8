package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/protocol/tftp"
)

// open inspects somebody of whom it is known that he is there.
func (w *World) open(t *testing.T, name string) Panels {
	t.Helper()
	p, err := w.Inspect(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// inspected is the default world, on a clock that stands still but for what tests
// do to it: TTLs do not change by themselves.
func inspected(t *testing.T) (*World, *clock.Movable) {
	t.Helper()
	now := clock.NewMovable()
	w := start(t, Options{Clock: now})
	now.OnSettle(w.Internet.Settle)
	return w, now
}

// Everybody can be opened, and a page is told all of it.
func TestInspectingEverybody(t *testing.T) {
	w, _ := inspected(t)
	names := []string{"gw", "isp", "nat"}
	for _, h := range w.Plan.Hosts {
		names = append(names, h.Name)
	}
	for _, name := range names {
		p := w.open(t, name)
		if len(p.Cards) == 0 || len(p.Routes) == 0 || len(p.Addrs) == 0 || p.Host != name {
			t.Errorf("%s: %+v", name, p)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.Inspect("alise")
	if !errors.Is(err, ErrNoHost) || err.Error() != `nobody here has the name "alise"; write "alice"` {
		t.Errorf("somebody unknown: %v", err)
	}
	guest, err := w.Join(Newcomer{Name: "visitor", Deliver: func([]byte) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer guest.Leave()
	until(t, "the guest has an address", func() bool { return w.open(t, "visitor").Address.State == "BOUND" })
	if p := w.open(t, "visitor"); p.Kind != "guest" || p.FQDN != "visitor.example.edu" || p.Sockets != nil {
		t.Errorf("a guest: %+v", p)
	}
}

func TestInspectingNameServers(t *testing.T) {
	w, now := inspected(t)
	get(t, w.Host("alice"), "http://www.example.com/")
	cached := func(name, kind string) *CachedSet {
		cache := w.open(t, "dns").Cache
		i := slices.IndexFunc(cache, func(s CachedSet) bool { return s.Name == name && s.Type == kind })
		if i < 0 {
			return nil
		}
		return &cache[i]
	}
	set := cached("www.example.com.", "A")
	if set == nil || set.Data[0] != "203.0.113.80" || set.Rank != "answer" || set.TTL < 120 {
		t.Fatalf("the cache has %+v", set)
	}
	now.Skip(time.Minute)
	if later := cached("www.example.com.", "A"); later == nil || set.TTL-later.TTL < 60 || set.TTL-later.TTL > 90 {
		t.Errorf("a minute ago %+v, now %+v", set, later)
	}
	for _, server := range []string{"ns1", "ns2"} {
		zones := w.open(t, server).Zones
		i := slices.IndexFunc(zones, func(z ZonePanel) bool { return z.Name == "example.com." })
		if i < 0 || zones[i].Serial == 0 || !slices.ContainsFunc(zones[i].Records, func(r ZoneRecord) bool {
			return r.Name == "www.example.com." && r.Type == "A" && r.Data == "203.0.113.80" && r.TTL > 0
		}) {
			t.Errorf("%s: %+v", server, zones)
		}
	}
}

func TestInspectingLeases(t *testing.T) {
	w, _ := inspected(t)
	a := w.open(t, "alice").Address
	if a == nil || a.State != "BOUND" || a.Addr.String() != "192.0.2.11/24" || a.Server.String() != "192.0.2.67" ||
		a.T1.Sub(a.Since) != 12*time.Hour || a.T2.Sub(a.Since) != 21*time.Hour || a.Expires.Sub(a.Since) != 24*time.Hour {
		t.Errorf("alice: %+v", a)
	}
	for server, clients := range map[string][]string{"dhcp": {"alice", "bob", "carol"}, "nat": {"dave"}} {
		var names []string
		for _, lease := range w.open(t, server).Leases {
			if lease.T1.IsZero() || lease.Server != server {
				t.Errorf("%s: %+v", server, lease)
			}
			names = append(names, lease.Host)
		}
		slices.Sort(names)
		if !slices.Equal(names, clients) {
			t.Errorf("%s has lent to %v, want %v", server, names, clients)
		}
	}
}

func TestInspectingMail(t *testing.T) {
	w, _ := inspected(t)
	send(t, w, "carol@example.edu", "lunch")
	if err := w.Unplug("mail-com"); err != nil {
		t.Fatal(err)
	}
	send(t, w, "bob@example.com", "later")
	var p Panels
	until(t, "carol's mail has come, bob's waits", func() bool {
		p = w.open(t, "mail")
		return len(p.Mailboxes) == 2 && len(p.Mailboxes[1].Folders) > 0 && p.Mailboxes[1].Folders[0].Messages == 1 && len(p.Queue) == 1
	})
	carol := p.Mailboxes[1]
	if carol.User != "carol" || carol.Folders[0].Name != "INBOX" || carol.Folders[0].Unseen != 1 {
		t.Errorf("mailboxes: %+v", p.Mailboxes)
	}
	if waits := p.Queue[0].Recipients; len(waits) != 1 || waits[0].Address != "bob@example.com" {
		t.Errorf("queue: %+v", p.Queue)
	}
}

func TestInspectingTransfers(t *testing.T) {
	w, _ := inspected(t)
	conn, in := dialFTP(t, w.Host("bob"))
	ftpLine(t, conn, in, "USER bob")
	ftpLine(t, conn, in, "PASS bob")
	listener, err := w.Host("bob").Listen(t.Context(), "tcp", ":5000")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	me := w.open(t, "bob").Addrs[0]
	ftpLine(t, conn, in, fmt.Sprintf("EPRT |1|%s|5000|", me))
	hold := w.Internet.Hold()
	hold.Begin(internet.HoldOptions{})
	defer hold.End()
	fmt.Fprint(conn, "LIST\r\n")
	until(t, "LIST waits", func() bool { return hold.State().Waiting > 0 })
	var p Panels
	until(t, "a transfer is under way", func() bool {
		hold.Step(1)
		p = w.open(t, "ftp")
		return len(p.FTP) == 1 && p.FTP[0].Transfer != nil
	})
	s := p.FTP[0]
	if s.User != "bob" || s.Client.Addr().String() != me || s.Server.Port() != 21 || s.Transfer.Command != "LIST" || !s.Transfer.Active {
		t.Errorf("ftp: %+v, %+v", s, s.Transfer)
	}
	until(t, "the data connection is opened from port 20", func() bool {
		return slices.ContainsFunc(w.open(t, "ftp").Sockets, func(s internet.Socket) bool {
			return s.Local.Port() == 20 && s.State == "SYN-SENT"
		})
	})
	hold.End()

	client, err := w.Host("bob").ListenPacket(t.Context(), "udp4", ":4000")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	request := tftp.Request{Op: tftp.RRQ, Name: "blocks.txt", Mode: tftp.Octet}.Append(nil)
	server := net.UDPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.69:69"))
	if _, err := client.WriteTo(request, server); err != nil {
		t.Fatal(err)
	}
	until(t, "a TFTP transfer is under way", func() bool { return len(w.open(t, "tftp").TFTP) == 1 })
	if got := w.open(t, "tftp").TFTP[0]; got.File != "blocks.txt" || got.Client.String() != me+":4000" {
		t.Errorf("tftp: %+v", got)
	}
}

func TestInspectingSwitches(t *testing.T) {
	w, now := inspected(t)
	get(t, w.Host("alice"), "http://www/")
	behind := func(cable string) bool {
		p := w.open(t, "campus")
		return p.Kind == "switch" && slices.ContainsFunc(p.Table, func(l internet.Learned) bool {
			return l.Link == cable && l.MAC == internet.MACOf(cable, "eth0").String()
		})
	}
	if !behind("alice") || !behind("web") {
		t.Errorf("the campus switch has learned %+v", w.open(t, "campus").Table)
	}
	if err := w.Unplug("alice"); err != nil {
		t.Fatal(err)
	}
	now.Skip(10 * time.Minute)
	if behind("alice") {
		t.Error("ten minutes later it still knows where alice was")
	}
}

func TestInspectingNAT(t *testing.T) {
	w, _ := inspected(t)
	get(t, w.Host("dave"), "http://www.example.com/")
	nat := w.open(t, "nat").NAT
	if nat == nil || !nat.On || nat.Helper || nat.Outside.String() != "198.51.100.3" || len(nat.Mappings) == 0 {
		t.Fatalf("nat: %+v", nat)
	}
	for _, m := range nat.Mappings {
		if m.Outside.Addr() != nat.Outside || !m.Expires.After(w.clock.Now()) {
			t.Errorf("%+v", m)
		}
	}
	if w.open(t, "gw").NAT != nil {
		t.Error("gw translates")
	}
}

// What a server has said is in its logbook, and so is what the supervisor says of
// it.
func TestServerLogs(t *testing.T) {
	w, _ := inspected(t)
	conn, in := dialFTP(t, w.Host("bob"))
	ftpLine(t, conn, in, "USER bob")
	ftpLine(t, conn, in, "PASS wrong")
	if err := w.KillServer("www", "http"); err != nil {
		t.Fatal(err)
	}
	for server, want := range map[[2]string]string{
		{"ftp", "ftp"}:  "ftpd: wrong password client=",
		{"www", "http"}: "server failed error=killed",
	} {
		until(t, want, func() bool {
			return slices.ContainsFunc(w.serverLog(server[0], server[1]), func(l LogLine) bool {
				return strings.HasPrefix(l.Text, want) && !l.Time.IsZero()
			})
		})
	}
	if lines := w.serverLog("nobody", "http"); lines != nil {
		t.Errorf("a server that there is not has said %v", lines)
	}
	book := w.books.of("www/http")
	for n := range 3 * logLines {
		book.write(LogLine{Text: fmt.Sprint(n)})
	}
	if lines := book.read(); len(lines) != logLines || lines[logLines-1].Text != fmt.Sprint(3*logLines-1) {
		t.Errorf("%d lines, the last %+v", len(lines), lines[len(lines)-1])
	}
}
