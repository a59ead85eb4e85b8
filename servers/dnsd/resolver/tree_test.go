package resolver

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dnsd"
)

var quiet = slog.New(slog.DiscardHandler)

// serve runs a server of that role until the test ends.
func serve(t testing.TB, addr string, role dnsd.Role) netip.AddrPort {
	t.Helper()
	server := &dnsd.Server{Addr: addr, Role: role, Log: quiet}
	return running.Start(t, context.Background(), netx.OS{}, "tcp", server) // the second of its two sockets
}

// tree starts real servers of the root, of com and of example.com, on loopback
// addresses of their own and one port, and a resolver that begins at that root.
func tree(t testing.TB, c clock.Clock) (r *Resolver, at netip.AddrPort) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8 on its loopback")
	}
	authority := func(zones map[string]string) *dnsd.Authority {
		a := &dnsd.Authority{Log: quiet}
		for name, text := range zones {
			file := fstest.MapFS{"zone": {Data: []byte("$TTL 300\n" + text)}}
			z, err := dnsd.LoadZone(file, "zone", name)
			if err != nil {
				t.Fatal(err)
			}
			a.AddZone(z)
		}
		return a
	}
	root := serve(t, "127.53.0.1:0", authority(map[string]string{".": `
. SOA a.root-servers.test. h.root-servers.test. 1 1800 900 604800 86400
. NS a.root-servers.test.
a.root-servers.test. A 127.53.0.1
com. NS a.gtld.test.
a.gtld.test. A 127.53.0.2
`}))
	on := func(host string) string { return fmt.Sprintf("%s:%d", host, root.Port()) }
	serve(t, on("127.53.0.2"), authority(map[string]string{"com.": `
com. SOA a.gtld.test. h.gtld.test. 1 1800 900 604800 900
com. NS a.gtld.test.
example.com. NS ns1.example.com.
example.com. NS ns2.example.com.
ns1.example.com. A 127.53.0.3
ns2.example.com. A 127.53.0.4
`}))
	var long strings.Builder
	for i := range 60 {
		fmt.Fprintf(&long, "long.example.com. TXT \"line %d of a text that no datagram of 1232 bytes can hold\"\n", i)
	}
	example := authority(map[string]string{"example.com.": `
example.com. SOA ns1.example.com. hostmaster.example.com. 1 1800 900 604800 60
example.com. NS ns1.example.com.
example.com. NS ns2.example.com.
ns1.example.com. A 127.53.0.3
ns2.example.com. A 127.53.0.4
www.example.com. 100 A 203.0.113.80
www.example.com. 100 AAAA 2001:db8::80
ftp.example.com. 50 CNAME www.example.com.
` + long.String()})
	serve(t, on("127.53.0.3"), example)
	// 127.53.0.4 is down.

	r = &Resolver{
		Roots: []Hint{{Name: "a.root-servers.test.", Addrs: []netip.Addr{root.Addr()}}},
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Port:  root.Port(),
		Clock: c,
		Log:   quiet,
	}
	return r, serve(t, "127.0.0.1:0", r)
}

// TestPacked: the second asker gets the packed reply, its TTLs counted down, and
// with his own letters; an expired one is not given.
func TestPacked(t *testing.T) {
	c := clock.NewMovable()
	r, at := tree(t, c)
	asker := net.IPv4(127, 0, 0, 1)
	ask := func(name string, edns bool) *dns.Msg {
		t.Helper()
		query := new(dns.Msg).SetQuestion(name, dns.TypeA)
		if edns {
			query.SetEdns0(1232, false)
		}
		client := dns.Client{Dialer: &net.Dialer{Timeout: 20 * time.Second, LocalAddr: &net.UDPAddr{IP: asker}}}
		reply, _, err := client.Exchange(query, at.String())
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	ask("ftp.example.com.", true)
	c.Skip(20 * time.Second)
	// Without the cache behind it, only the packed reply can answer.
	r.cache.flush()
	reply := ask("FTP.Example.com.", false)
	got := fmt.Sprint(reply.Answer)
	want := "[FTP.Example.com.\t30\tIN\tCNAME\twww.Example.com. www.Example.com.\t80\tIN\tA\t203.0.113.80]"
	if got != want || !reply.RecursionAvailable || reply.Authoritative {
		t.Errorf("got  %s\nwant %s\n%v", got, want, reply.MsgHdr)
	}
	if len(r.Entries()) != 0 {
		t.Error("the question was looked up again")
	}
	c.Skip(30 * time.Second)
	if ttl := ask("ftp.example.com.", true).Answer[0].Header().Ttl; ttl != 50 {
		t.Errorf("after it expired: TTL %d, want a new one of 50", ttl)
	}
	if nothing := ask("nobody.example.com.", true); nothing.Rcode != dns.RcodeNameError || nothing.Ns[0].Header().Ttl != 60 {
		t.Errorf("got\n%v", nothing)
	}
	c.Skip(15 * time.Second)
	r.cache.flush()
	if nothing := ask("nobody.example.com.", true); nothing.Rcode != dns.RcodeNameError || nothing.Ns[0].Header().Ttl != 45 {
		t.Errorf("15 s later, got\n%v", nothing)
	}
	asker = net.IPv4(127, 0, 0, 99)
	if refused := ask("nobody.example.com.", true); refused.Rcode != dns.RcodeRefused {
		t.Errorf("a stranger got %s", dns.RcodeToString[refused.Rcode])
	}
}

// TestDig asks with the world's own tool.
func TestDig(t *testing.T) {
	dig := peer.Path(t, "dig", "bind9-dnsutils")
	_, at := tree(t, nil)
	for _, tt := range []struct{ args, want string }{
		{"+short www.example.com", "203.0.113.80\n"},
		{"+short www.example.com AAAA", "2001:db8::80\n"},
		{"+short ftp.example.com", "www.example.com.\n203.0.113.80\n"},
		{"+noall +comments nobody.example.com", "status: NXDOMAIN"},
		{"+noall +comments www.example.com MX", "flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 1"},
		{"+short +tcp www.example.com", "203.0.113.80\n"},
		{"+short long.example.com TXT", "\"line 59 of"},
		{"+noall +comments +ignore long.example.com TXT", "flags: qr tc rd ra"},
		{"+noall +comments www.example.com AXFR", "Transfer failed"},
	} {
		args := append([]string{"@127.0.0.1", "-p", fmt.Sprint(at.Port()), "+time=10"}, strings.Fields(tt.args)...)
		out, err := exec.Command(dig, args...).CombinedOutput()
		if err != nil && !strings.Contains(tt.args, "AXFR") || !strings.Contains(string(out), tt.want) {
			t.Errorf("dig %s: %v, want %q in\n%s", tt.args, err, tt.want, out)
		}
	}
}

// BenchmarkWalk is a whole resolution, by three servers.
func BenchmarkWalk(b *testing.B) {
	r, at := tree(b, nil)
	client := dns.Client{Timeout: 20 * time.Second}
	query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
	for b.Loop() {
		r.Flush()
		if _, _, err := client.Exchange(query, at.String()); err != nil {
			b.Fatal(err)
		}
	}
}
