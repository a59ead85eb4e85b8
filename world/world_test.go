package world

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/clients/dnsc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the default world for a test.
func start(t *testing.T, o Options) *World {
	t.Helper()
	plan, err := Default()
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

func get(t *testing.T, from *internet.Host, url string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DialContext: from.DialContext, DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, response.Status, err)
	}
	return string(body)
}

// The book's §6.7: what happens when Alice types an address.
func TestAliceReadsAPage(t *testing.T) {
	w := start(t, Options{})
	for url, want := range map[string]string{
		"http://www.example.com/":             "Example Company",
		"http://www/":                         "Example University", // by the search list
		"http://web/":                         "Example University", // by an alias
		"http://shop.example.com":             "Example Company",    // an alias of an alias
		"http://x.dev.example.com/plain.html": "One object",
		"http://www.example.cn/":              "示例网站",
		"http://www.example.org/":             "Example Company", // a zone whose servers are elsewhere
		"http://203.0.113.80/":                "Example Company",
		"http://[2001:db8:3::80]":             "Example Company",
	} {
		if page := get(t, w.Host("alice"), url); !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", url, want)
		}
	}
}

// Every address in a zone is that of the host with the name.
func TestZonesAgreeWithThePlan(t *testing.T) {
	w := start(t, Options{})
	stub := &dnsc.Client{Network: w.Host("bob")}
	resolver := netip.MustParseAddrPort("192.0.2.53:53")
	for _, named := range w.Names() {
		h := w.Plan.host(named.Name)
		if h == nil || w.zoneOf(h.FQDN+".") == nil {
			continue // a router, or at home
		}
		got, err := stub.LookupHost(t.Context(), h.FQDN, []netip.AddrPort{resolver}, nil)
		if err != nil {
			t.Errorf("%s: %v", h.FQDN, err)
			continue
		}
		want := named.Addrs
		slices.SortFunc(got, netip.Addr.Compare)
		slices.SortFunc(want, netip.Addr.Compare)
		if !slices.Equal(got, want) {
			t.Errorf("%s is %v in the DNS, and has %v", h.FQDN, got, want)
		}
		names, err := stub.LookupAddr(t.Context(), want[0], []netip.AddrPort{resolver})
		if err != nil || len(names) != 1 || strings.TrimSuffix(names[0], ".") != h.FQDN {
			t.Errorf("%v is called %v, %v; want %s", want[0], names, err, h.FQDN)
		}
	}
}

func TestSecondaryHasTheZone(t *testing.T) {
	w := start(t, Options{})
	stub := &dnsc.Client{Network: w.Host("alice"), NoRecurse: true}
	deadline := time.Now().Add(20 * time.Second)
	for {
		reply, err := stub.Query(t.Context(), netip.MustParseAddrPort("203.0.113.54:53"), "www.example.com.", 1)
		if err == nil && reply.Authoritative && len(reply.Answer) == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the secondary does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestKilledServerComesBackWithItsPort(t *testing.T) {
	w := start(t, Options{})
	get(t, w.Host("alice"), "http://203.0.113.80/")
	if err := w.Servers.Kill("www", "http"); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for w.status(t, "www", "http").Restarts == 0 {
		if time.Now().After(deadline) {
			t.Fatal("not restarted")
		}
		time.Sleep(time.Millisecond)
	}
	if err := w.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	get(t, w.Host("alice"), "http://203.0.113.80/")
	if other := w.status(t, "ns1", "dns"); other.Restarts != 0 || other.Ports != "53/udp 53/tcp" {
		t.Errorf("ns1: %+v", other)
	}
}

func (w *World) status(t *testing.T, host, server string) ServerStatus {
	t.Helper()
	for _, s := range w.Status() {
		if s.Host == host && s.Name == server {
			return s
		}
	}
	t.Fatalf("no status of %s/%s", host, server)
	return ServerStatus{}
}

func TestStatusCountsConnections(t *testing.T) {
	w := start(t, Options{})
	conn, err := w.Host("alice").DialContext(t.Context(), "tcp", "www.example.com:80")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// The server has it when the last packet of the handshake has come.
	s := w.status(t, "www", "http")
	for end := time.Now().Add(10 * time.Second); s.Connections == 0 && time.Now().Before(end); s = w.status(t, "www", "http") {
		time.Sleep(time.Millisecond)
	}
	if s.Connections != 1 || s.Address != "203.0.113.80" {
		t.Errorf("%+v", s)
	}
}

// Between alice and www are two routers.
func TestPacketsCrossBothRouters(t *testing.T) {
	w := start(t, Options{})
	for _, address := range []string{"203.0.113.80", "2001:db8:3::80"} {
		if _, err := w.Host("alice").Ping(t.Context(), netip.MustParseAddr(address)); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAttachedProgramIsAHost(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, "mine: "+r.Host) })}
	go server.Serve(ln)
	defer server.Close()
	a, err := ParseAttachment("mysite:80=" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, Options{Attach: []Attachment{a}})
	deadline := time.Now().Add(20 * time.Second)
	for !listens(w.Host("mysite"), []Port{{"tcp", 80}}) && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if page := get(t, w.Host("alice"), "http://mysite.example.edu/"); page != "mine: mysite.example.edu" {
		t.Errorf("got %q", page)
	}
}

func TestAttachmentsAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{
		"mysite=127.0.0.1:8000":    "mysite:8000=127.0.0.1:8000",
		"mysite:80=127.0.0.1:8000": "mysite:80=127.0.0.1:8000",
		"mysite:80=localhost:8000": "mysite:80=127.0.0.1:8000",
		"mysite:80=[::1]:8000":     "mysite:80=[::1]:8000",
		"mysite":                   "the = is missing",
		"mysite=8000":              "is not an address",
		"mysite=192.0.2.1:80":      "is not on this machine",
		"=127.0.0.1:80":            "needs a name",
		"mysite:x=127.0.0.1:80":    "is not a port",
	} {
		a, err := ParseAttachment(text)
		got := a.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestGatewaysLeadInside(t *testing.T) {
	// Not the ports of the default world, which an `up` on this machine may have.
	plan, err := Parse(smallFiles(), "small.yaml", []byte(strings.NewReplacer("10080:", freePort(t)+":", "1080:", freePort(t)+":").Replace(small)))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Start(t.Context(), plan, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx := t.Context()
	ways, closeWays := w.OpenGateways(ctx)
	defer closeWays()
	if err := w.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	for _, way := range ways {
		if way.Err != nil {
			t.Errorf("%+v", way)
		}
	}
	conn, err := net.Dial("tcp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), ways[0].Port).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: www\r\nConnection: close\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
		t.Errorf("got %q, %v", line, err)
	}

	again, closeAgain := w.OpenGateways(ctx)
	defer closeAgain()
	for _, way := range again {
		if way.Err == nil {
			t.Errorf("port %d was opened twice", way.Port)
		}
	}
}

func freePort(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// A day passes in a moment; what the cache knew has run out.
func TestTimeCanBeMoved(t *testing.T) {
	c := clock.NewMovable()
	w := start(t, Options{Clock: c})
	c.OnSettle(w.Internet.Settle)
	get(t, w.Host("alice"), "http://www.example.com/")
	c.Skip(24 * time.Hour)
	get(t, w.Host("alice"), "http://www.example.com/")
}

func TestFaultsNeedALink(t *testing.T) {
	plan, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), plan, Options{Faults: map[string]internet.Faults{"gw-cor": {Loss: 1}}})
	if err == nil || !strings.Contains(err.Error(), `write "gw-core"`) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkDefaultWorld(b *testing.B) {
	plan, err := Default()
	if err != nil {
		b.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	for b.Loop() {
		w, err := Start(b.Context(), plan, Options{Log: quiet})
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Ready(b.Context()); err != nil {
			b.Fatal(err)
		}
		w.Close()
	}
}
