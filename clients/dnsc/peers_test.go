package dnsc

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/internal/peer"
)

// freePort is a port that nobody has at this moment.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// start runs a name server of the world's until the test ends, and returns
// where it answers. args makes its arguments for a port and an empty directory.
func start(t *testing.T, program, debianPackage string, args func(port int, dir string) []string) netip.AddrPort {
	t.Helper()
	path := peer.Path(t, program, debianPackage)
	for range 5 { // somebody else may take the port first
		port, dir := freePort(t), t.TempDir()
		var log bytes.Buffer
		cmd := exec.Command(path, args(port, dir)...)
		cmd.Stdout, cmd.Stderr = &log, &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { cmd.Wait(); close(ended) }()
		stop := func() { cmd.Process.Kill(); <-ended }
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
		if answers(t, addr, ended) {
			t.Cleanup(stop)
			return addr
		}
		stop()
		t.Logf("%s did not come up: %s", program, log.String())
	}
	t.Fatalf("%s does not run here", program)
	panic("unreachable")
}

func answers(t *testing.T, addr netip.AddrPort, ended chan struct{}) bool {
	c := &Client{Timeout: 100 * time.Millisecond, Tries: 1}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		select {
		case <-ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
		if _, err := c.Query(t.Context(), addr, "www.example.com", dns.TypeA); err == nil {
			return true
		}
	}
	return false
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// bind9 is BIND with example.com, a zone of some thousand records.
func bind9(t *testing.T) netip.AddrPort {
	var zone strings.Builder
	zone.WriteString(`$TTL 300
@ SOA ns1 hostmaster 7 1800 900 604800 60
@ NS ns1
@ MX 10 mail
@ TXT "a text" "with a \" and a ; in it"
ns1 A 192.0.2.1
mail 3600 A 192.0.2.25
www A 203.0.113.80
www AAAA 2001:db8::80
a-name-that-is-too-long-for-its-column 86400 A 203.0.113.81
ftp CNAME www
_http._tcp SRV 0 5 80 www
@ CAA 0 issue "ca.example.net"
`)
	for i := range 4000 {
		fmt.Fprintf(&zone, "host%d A 10.1.%d.%d\n", i, i/256, i%256)
	}
	for i := range 90 {
		fmt.Fprintf(&zone, "many A 10.2.0.%d\n", i)
	}
	return start(t, "named", "bind9", func(port int, dir string) []string {
		write(t, dir, "zone", zone.String())
		config := write(t, dir, "named.conf", fmt.Sprintf(`
options { directory "%s"; listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; };
	pid-file none; session-keyfile none; recursion no; dnssec-validation no; minimal-responses no;
	answer-cookie no; rrset-order { order fixed; }; };
controls { };
zone "example.com" { type primary; file "zone"; allow-transfer { 127.0.0.1; }; };
zone "secret.com" { type primary; file "zone"; allow-transfer { none; }; };
`, dir, port))
		return []string{"-g", "-n", "1", "-c", config}
	})
}

// TestBIND asks BIND as dig does, and prints as dig does.
func TestBIND(t *testing.T) {
	dig := peer.Path(t, "dig", "bind9-dnsutils")
	addr := bind9(t)
	for _, q := range []string{
		"www.example.com A", "ftp.example.com A", "example.com MX", "example.com TXT", "example.com SOA",
		"example.com CAA", "_http._tcp.example.com SRV", "nobody.example.com A", "www.example.com MX",
		"a-name-that-is-too-long-for-its-column.example.com A", "www.example.org A", "example.com NS",
	} {
		name, qtype, _ := strings.Cut(q, " ")
		out, err := exec.Command(dig, "@127.0.0.1", "-p", fmt.Sprint(addr.Port()), "+nocookie", "+norecurse", "+nocmd", "+noadflag", "+time=10", name, qtype).Output()
		if err != nil {
			t.Fatal(err)
		}
		c := &Client{NoRecurse: true, Timeout: 10 * time.Second}
		r, err := c.Query(t.Context(), addr, name, dns.StringToType[qtype])
		if err != nil {
			t.Fatal(err)
		}
		var ours strings.Builder
		if err := r.Print(&ours); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(steady(string(out)), steady(ours.String())); diff != "" {
			t.Errorf("%s: -dig +ours\n%s", q, diff)
		}
	}
	many, err := new(Client).Query(t.Context(), addr, "many.example.com", dns.TypeA)
	if err != nil || !many.CutShort || len(many.Answer) != 90 {
		t.Errorf("an answer of 90 records: %v", err)
	}
}

// steady is what dig writes without what differs each time.
func steady(text string) string {
	return strings.TrimSpace(regexp.MustCompile(`id: \d+|Query time: \d+|WHEN: .*|rcvd: \d+`).ReplaceAllString(text, "…"))
}

func TestBINDTransfer(t *testing.T) {
	addr := bind9(t)
	records, last := 0, ""
	for rr, err := range new(Client).AXFR(t.Context(), addr, "example.com.") {
		if err != nil {
			t.Fatal(err)
		}
		records++
		last = dns.Type(rr.Header().Rrtype).String()
	}
	if records != 4103 || last != "SOA" {
		t.Errorf("%d records, the last of type %s", records, last)
	}
	var status *StatusError
	for _, err := range new(Client).AXFR(t.Context(), addr, "secret.com.") {
		if !errors.As(err, &status) || status.Rcode != dns.RcodeRefused {
			t.Errorf("got %v", err)
		}
	}
}

// TestResolvers looks hosts up as a program would, with the resolvers that
// most networks have.
func TestResolvers(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T) netip.AddrPort{
		"unbound": func(t *testing.T) netip.AddrPort {
			return start(t, "unbound", "unbound", func(port int, dir string) []string {
				return []string{"-d", "-c", write(t, dir, "unbound.conf", fmt.Sprintf(`
server:
	interface: 127.0.0.1@%d
	directory: "%s"
	chroot: ""
	username: ""
	pidfile: ""
	use-syslog: no
	num-threads: 1
	module-config: "iterator"
	local-zone: example.com. static
	local-data: "www.example.com. A 203.0.113.80"
	local-data: "www.example.com. AAAA 2001:db8::80"
	local-data: "ftp.example.com. CNAME www.example.com."
	local-data-ptr: "203.0.113.80 www.example.com."
remote-control:
	control-enable: no
`, port, dir))}
			})
		},
		"dnsmasq": func(t *testing.T) netip.AddrPort {
			return start(t, "dnsmasq", "dnsmasq-base", func(port int, dir string) []string {
				return []string{"-k", "-C", write(t, dir, "dnsmasq.conf", fmt.Sprintf(`
port=%d
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
user=
pid-file=
local=/example.com/
host-record=www.example.com,203.0.113.80,2001:db8::80
cname=ftp.example.com,www.example.com
`, port))}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			servers := []netip.AddrPort{begin(t)}
			c := new(Client)
			for _, host := range []string{"www.example.com", "www", "WWW.Example.Com."} {
				addrs, err := c.LookupHost(t.Context(), host, servers, []string{"example.com"})
				if got := fmt.Sprint(addrs); err != nil || got != "[203.0.113.80 2001:db8::80]" {
					t.Errorf("%s: %s, %v", host, got, err)
				}
			}
			var e *net.DNSError
			if _, err := c.LookupHost(t.Context(), "nobody.example.com", servers, nil); !errors.As(err, &e) || !e.IsNotFound {
				t.Errorf("%v", err)
			}
			names, err := c.LookupAddr(t.Context(), netip.MustParseAddr("203.0.113.80"), servers)
			if err != nil || fmt.Sprint(names) != "[www.example.com.]" {
				t.Errorf("%v, %v", names, err)
			}
		})
	}
}
