package dnsd

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/internal/peer"
)

// bind is a running BIND 9.
type bind struct {
	dir     string // holds testdata/zones and what named writes
	process *os.Process
}

// named runs BIND 9 at addr until the test ends. zones is what follows the
// options in its configuration.
func named(t *testing.T, addr netip.AddrPort, options, zones string) bind {
	t.Helper()
	program := peer.Path(t, "named", "bind9")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/zones")); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`
options {
	directory "%s";
	listen-on port %d { 127.0.0.1; };
	listen-on-v6 { none; };
	pid-file none;
	session-keyfile none;
	recursion no;
	dnssec-validation no;
	notify explicit;
	notify-delay 0;
	zero-no-soa-ttl no;
	check-names primary ignore;
	check-names secondary ignore;
	%s
};
controls { };
%s
`, dir, addr.Port(), options, zones)
	file := filepath.Join(dir, "named.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(program, "-g", "-n", "1", "-c", file)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("named said:\n%s", log.String())
		}
	})
	eventually(t, "named answers", func() bool {
		client := dns.Client{Timeout: time.Second}
		_, _, err := client.Exchange(question("example.com", dns.TypeSOA), addr.String())
		return err == nil
	})
	return bind{dir, cmd.Process}
}

// freePort is a port of the loopback that nobody uses for UDP or TCP now.
func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	for range 20 {
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		tcp, err := net.Listen("tcp", udp.LocalAddr().String())
		udp.Close()
		if err == nil {
			tcp.Close()
			return addrPort(udp.LocalAddr())
		}
	}
	t.Fatal("no free port")
	panic("unreachable")
}

// eventually waits until ok, which is asked again and again, becomes true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s", what)
		}
	}
}

// primaryZones makes named the primary of all test zones.
func primaryZones() string {
	var config strings.Builder
	for _, name := range testZones {
		fmt.Fprintf(&config, "zone %q { type primary; file %q; };\n", name, name+".zone")
	}
	return config.String()
}

// TestDifferential asks BIND and us the same questions: about every name of the
// zones, names above, below and beside it, for many types.
func TestDifferential(t *testing.T) {
	theirs := freePort(t)
	named(t, theirs, "minimal-responses no-auth; minimal-any yes; allow-transfer { any; };", primaryZones())
	ours := serve(t, &Server{Role: textbook(t)})
	ask := func(addr netip.AddrPort) func(*dns.Msg) *dns.Msg {
		conn, err := dns.Dial("tcp", addr.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return func(query *dns.Msg) *dns.Msg {
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			if err := conn.WriteMsg(query); err != nil {
				t.Fatal(err)
			}
			reply, err := conn.ReadMsg()
			if err != nil {
				t.Fatal(err)
			}
			return reply
		}
	}
	askUs, askThem := ask(ours), ask(theirs)
	questions := manyQuestions(t)
	for _, query := range questions {
		us, them := askUs(query), askThem(query)
		if !us.Authoritative && len(us.Ns) > 0 {
			// In a referral BIND leaves out the addresses of servers that are
			// not below the delegation; RFC 1034 puts "whatever addresses are
			// available".
			us.Extra = slices.DeleteFunc(us.Extra, func(rr dns.RR) bool {
				return !dns.IsSubDomain(us.Ns[0].Header().Name, rr.Header().Name)
			})
		}
		if us, them := meaning(us), meaning(them); us != them {
			t.Errorf("%s\nwe say:\n%s\nBIND says:\n%s", query.Question[0].String(), us, them)
		}
	}
	t.Logf("%d questions", len(questions))
}

// TestSecondaryIsBIND: BIND copies a zone from us by AXFR, and hears by NOTIFY
// when it changes.
func TestSecondaryIsBIND(t *testing.T) {
	theirs := freePort(t)
	authority := textbook(t)
	authority.Notify = []netip.AddrPort{theirs}
	ours := serve(t, &Server{Role: authority})
	named(t, theirs, "", fmt.Sprintf(
		`zone "example.com" { type secondary; primaries { %s port %d; }; file "copy"; };`, ours.Addr(), ours.Port()))
	serial, _ := authority.Zone("example.com").Serial()
	eventually(t, "BIND has the zone", func() bool { return serialAt(t, theirs) == serial })
	want := meaning(ask(t, "tcp", ours, question("big.example.com", dns.TypeTXT)))
	if got := meaning(ask(t, "tcp", theirs, question("big.example.com", dns.TypeTXT))); got != want {
		t.Errorf("BIND's copy says:\n%s\nwe say:\n%s", got, want)
	}

	for n := range 3 {
		host := fmt.Sprintf("new%d.example.com.", n)
		if err := authority.Zone("example.com").Add(record(t, host+" 60 IN A 192.0.2.200")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "BIND heard of "+host, func() bool {
			return len(ask(t, "udp", theirs, question(host, dns.TypeA)).Answer) == 1
		})
	}
}

// TestPrimaryIsBIND: we copy zones from BIND, and follow it.
func TestPrimaryIsBIND(t *testing.T) {
	ours, theirs := freePort(t), freePort(t)
	primary := named(t, theirs,
		fmt.Sprintf("allow-transfer { any; }; also-notify { 127.0.0.1 port %d; };", ours.Port()), primaryZones())
	authority := &Authority{Log: quiet, AllowTransfer: textbook(t).AllowTransfer}
	for _, name := range testZones {
		if err := authority.AddSecondary(name, theirs); err != nil {
			t.Fatal(err)
		}
	}
	serve(t, &Server{Role: authority, Addr: ours.String()})
	for _, name := range testZones {
		eventually(t, "we have "+name, func() bool { _, ok := authority.Zone(name).Serial(); return ok })
	}
	first := textbook(t)
	for _, query := range manyQuestions(t) {
		want := meaning(first.Answer(t.Context(), query, netip.AddrPort{}))
		if got := meaning(authority.Answer(t.Context(), query, netip.AddrPort{})); got != want {
			t.Fatalf("%s\nfrom the copy:\n%s\nfrom the zone file:\n%s", query.Question[0].String(), got, want)
		}
	}

	file := filepath.Join(primary.dir, "example.com.zone")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("2026112101"), []byte("2026112102"), 1)
	text = append(text, "\nlater IN A 192.0.2.201\n"...)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute) // BIND looks at the file's time, in seconds
	if err := errors.Join(os.Chtimes(file, later, later), primary.process.Signal(syscall.SIGHUP)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "we heard of the change", func() bool {
		return len(ask(t, "udp", ours, question("later.example.com", dns.TypeA)).Answer) == 1
	})
}

func serialAt(t *testing.T, addr netip.AddrPort) uint32 {
	for _, rr := range ask(t, "udp", addr, question("example.com", dns.TypeSOA)).Answer {
		if soa, ok := rr.(*dns.SOA); ok {
			return soa.Serial
		}
	}
	return 0
}

func record(t testing.TB, text string) dns.RR {
	t.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

// TestZonesPleaseBIND: what we accept as a zone, BIND does too.
func TestZonesPleaseBIND(t *testing.T) {
	program := peer.Path(t, "named-checkzone", "bind9-utils")
	for _, name := range testZones {
		loadZone(t, name)
		out, err := exec.Command(program, "-k", "warn", name, "testdata/zones/"+name+".zone").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
