package wire_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/ladder"
)

// stage is a small Internet, watched:
//
//	alice, dns ---[ campus ]--- gw ---[ core ]--- www
type stage struct {
	*internet.Internet
	alice, dns, www *internet.Host
	gw              *internet.Router
	log             *wire.Log
	stats           func() wire.Stats
	finish          func() []*wire.Message
}

func newStage(t testing.TB, o wire.Options) *stage {
	t.Helper()
	in := internet.New(internet.Config{Seed: 7})
	t.Cleanup(in.Close)
	s := &stage{Internet: in, log: wire.NewLog(1000)}
	campus, core := must(in.AddSwitch("campus"))(t), must(in.AddSwitch("core"))(t)
	gw := must(in.AddRouter("gw"))(t)
	s.gw = gw
	must(gw.Connect(campus, internet.CardConfig{Link: "gw-campus", Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.1.1/24")}}))(t)
	must(gw.Connect(core, internet.CardConfig{Link: "gw-core", Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.2.1/24")}}))(t)
	host := func(name, address, gateway string, sw *internet.Switch) *internet.Host {
		h := must(in.AddHost(name))(t)
		must(h.Connect(sw, internet.CardConfig{Addrs: []netip.Prefix{netip.MustParsePrefix(address)}}))(t)
		err := h.SetRoutes(append(h.Routes(), internet.Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr(gateway)}))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	s.alice = host("alice", "10.0.1.10/24", "10.0.1.1", campus)
	s.dns = host("dns", "10.0.1.53/24", "10.0.1.1", campus)
	s.www = host("www", "10.0.2.80/24", "10.0.2.1", core)
	o.Names = wire.NamesFunc(hosts)
	s.watch(t, o)
	return s
}

func (s *stage) watch(t testing.TB, o wire.Options) {
	ring := frame.NewRing(1 << 15)
	remove := s.Tap(ring)
	w := wire.New(o)
	events := w.Subscribe(1 << 12)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go w.Run(ctx, ring)
	go func() {
		defer close(done)
		s.log.Follow(events)
	}()
	s.stats = w.Stats
	s.finish = func() []*wire.Message {
		s.Settle()
		remove()
		cancel()
		<-done
		if n := w.Stats().Failures; n > 0 {
			t.Errorf("%d dissectors failed", n)
		}
		return s.log.Messages()
	}
	t.Cleanup(func() { s.finish() })
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// serveHTTP has net/http answer on the host.
func serveHTTP(t testing.TB, nw netx.Network, handler http.HandlerFunc) {
	ln := must(nw.Listen(t.Context(), "tcp", ":80"))(t)
	server := &http.Server{Handler: handler}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
}

// serveDNS answers each question for an A record with 10.0.2.80.
func serveDNS(t testing.TB, nw netx.Network) {
	pc := must(nw.ListenPacket(t.Context(), "udp", "10.0.1.53:53"))(t)
	t.Cleanup(func() { pc.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			var q, r dns.Msg
			if q.Unpack(b[:n]) != nil {
				continue
			}
			r.SetReply(&q)
			r.Authoritative, r.Compress = true, true
			rr, _ := dns.NewRR(q.Question[0].Name + " 300 IN A 10.0.2.80")
			r.Answer = append(r.Answer, rr)
			reply, _ := r.Pack()
			pc.WriteTo(reply, from)
		}
	}()
}

func (s *stage) ask(t testing.TB, name string) {
	t.Helper()
	conn := must(s.alice.DialContext(t.Context(), "udp", "10.0.1.53:53"))(t)
	defer conn.Close()
	q := new(dns.Msg).SetQuestion(name, dns.TypeA)
	c := &dns.Conn{Conn: conn}
	if err := c.WriteMsg(q); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.ReadMsg(); err != nil {
		t.Fatal(err)
	}
}

func client(nw netx.Network) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: nw.DialContext}}
}

func get(t testing.TB, c *http.Client, url string) {
	t.Helper()
	response, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
}

// transcript is what was said, a line a message.
func transcript(messages []*wire.Message) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "%s > %s %s %s", m.From, m.To, m.Protocol, m.Summary)
		for _, f := range m.Findings {
			fmt.Fprintf(&b, " !%s", f.Key)
		}
		if m.Lost {
			fmt.Fprintf(&b, " lost on %s", m.Losses[0].Link.Name)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestAPageOnTheInternet(t *testing.T) {
	s := newStage(t, wire.Options{})
	serveDNS(t, s.dns)
	serveHTTP(t, s.www, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		io.WriteString(w, "<p>Hello</p>")
	})
	s.ask(t, "www.example.com.")
	c := client(s.alice)
	get(t, c, "http://10.0.2.80/index.html")
	get(t, c, "http://10.0.2.80/big")
	c.CloseIdleConnections()
	messages := s.finish()
	var said []*wire.Message
	for _, m := range messages {
		if m.Protocol == "HTTP" || m.Protocol == "DNS" {
			said = append(said, m)
		}
	}
	const want = `alice > dns DNS A? www.example.com
dns > alice DNS A www.example.com 10.0.2.80
alice > www HTTP GET /index.html HTTP/1.1
www > alice HTTP HTTP/1.1 200 OK
alice > www HTTP GET /big HTTP/1.1
www > alice HTTP HTTP/1.1 200 OK
`
	if got := transcript(said); got != want {
		t.Errorf("said:\n%s\nwant:\n%s\nall:\n%s", got, want, transcript(messages))
	}
	if os.Getenv("SHOW") != "" {
		ladder.Write(os.Stdout, messages, ladder.Options{Width: 100})
	}
}

func TestLossOnALaterLink(t *testing.T) {
	s := newStage(t, wire.Options{})
	s.Link("gw-core").SetFaults(internet.Both, internet.Faults{Drop: []uint64{3, 5, 6}})
	serveHTTP(t, s.www, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", 20000))
	})
	c := client(s.alice)
	get(t, c, "http://10.0.2.80/index.html")
	c.CloseIdleConnections()
	messages := s.finish()
	if os.Getenv("SHOW") != "" {
		ladder.Write(os.Stdout, messages, ladder.Options{Width: 100})
		t.Log(transcript(messages))
	}
	lost, again := 0, 0
	for _, m := range messages {
		if len(m.Losses) > 0 && m.Losses[0].Link.Name == "gw-core" {
			lost++
		}
		if m.Key == "message.tcp.retransmission" {
			again++
		}
	}
	if lost == 0 || again == 0 {
		t.Errorf("%d lost, %d sent again:\n%s", lost, again, transcript(messages))
	}
}

var names = map[string]string{
	"10.0.1.10": "alice", "10.0.1.53": "dns", "10.0.2.80": "www", "10.0.1.1": "gw", "10.0.2.1": "gw",
	"10.0.0.1": "alice", "10.0.0.2": "bob", "10.0.0.3": "carol",
}

func hosts(a netip.Addr) string { return names[a.String()] }
