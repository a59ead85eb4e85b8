package dnsd

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/miekg/dns"
)

// TestZoneErrors: a mistake in a zone file is told with its file and line.
func TestZoneErrors(t *testing.T) {
	const (
		top = "$TTL 1h\n@ SOA ns1 hostmaster (\n 1 2h 15m\n 2w 5m )\n NS ns1\nns1 A 192.0.2.1\n"
	)
	for _, c := range []struct{ zone, err string }{
		{"", "bad.zone: no SOA record at example.com."},
		{"$TTL 1h\nwww A 192.0.2.1\n", "bad.zone: no SOA record at example.com."},
		{"$TTL 1h\n@ SOA a b 1 2 3 4 5\n", "bad.zone: no NS record at example.com."},
		{top + "www A 192.0.2\n", "bad.zone:7: bad A A: \"192.0.2\""},
		{top + "www AA 192.0.2.1\n", "bad.zone:7: "},
		{top + "\n; a comment\n\nwww A\n", "bad.zone:10: www.example.com.: the A record has no data"},
		{top + "www.example.org. A 192.0.2.1\n", "bad.zone:7: www.example.org. is not in zone example.com."},
		{top + "www CH A 192.0.2.1\n", "bad.zone:7: "},
		{top + "www CNAME ns1\nwww A 192.0.2.1\n", "bad.zone:8: www.example.com. has a CNAME record and other data"},
		{top + "www A 192.0.2.1\nwww CNAME ns1\n", "bad.zone:8: www.example.com. has a CNAME record and other data"},
		{top + "www CNAME ns1\nwww CNAME ns2\n", "bad.zone:8: www.example.com. has a second CNAME record"},
		{top + "@ SOA ns1 hostmaster 2 2 2 2 2\n", "bad.zone:7: example.com. has a second SOA record"},
		{top + "sub SOA ns1 hostmaster 2 2 2 2 2\n", "bad.zone:7: sub.example.com. has an SOA record"},
		{top + "www CNAME (\n ns1\n )\nwww TXT (\n \"x\" )\n", "bad.zone:11: www.example.com. has a CNAME"},
		{top + "sub NS nowhere\n", "bad.zone: sub.example.com. has name server nowhere.example.com., which has no address"},
		{top + "sub NS ns.sub\n", "bad.zone: sub.example.com. has name server ns.sub.example.com., which has no address"},
		{top + "sub NS alias\nalias CNAME ns1\n", "bad.zone: sub.example.com. has name server alias.example.com., which is an alias"},
		{top + "$INCLUDE /etc/passwd\n", "bad.zone:7: $INCLUDE directive not allowed"},
		{top + "www ANY 192.0.2.1\n", "bad.zone:7: "},
		{top + "www TXT \"no end\n", "bad.zone:7: "},
		{top + strings.Repeat("a", 64) + " A 192.0.2.1\n", "bad.zone:7: "},
	} {
		_, err := ParseZone(strings.NewReader(c.zone), "bad.zone", "example.com")
		var where *ZoneError
		if !errors.As(err, &where) || !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%q\n  says %v\n  and not %s…", strings.TrimPrefix(c.zone, top), err, c.err)
		}
	}
}

// TestZoneNames: where the zone's name comes from.
func TestZoneNames(t *testing.T) {
	const body = "$TTL 60\n@ SOA ns.example.net. h 1 2 3 4 5\n NS ns.example.net.\n"
	for _, c := range []struct{ zone, origin, name string }{
		{body, "Example.COM", "example.com."},
		{body, "example.com.", "example.com."},
		{body + "ns.example.net. A 192.0.2.1\n", ".", "."},
		{"$ORIGIN Example.ORG.\n" + body, "", "example.org."},
		{body, "", ""},
		{body, "bad..name", ""},
		{"$ORIGIN example.org.\n$TTL 5\na A 192.0.2.1\n", "", ""},
	} {
		z, err := ParseZone(strings.NewReader(c.zone), "zone", c.origin)
		if c.name == "" {
			if err == nil {
				t.Errorf("origin %q: no error, but zone %s", c.origin, z.Name())
			}
			continue
		}
		if err != nil || z.Name() != c.name {
			t.Errorf("origin %q: %v", c.origin, err)
		}
	}
}

func TestLoadZone(t *testing.T) {
	files := fstest.MapFS{"a.zone": {Data: []byte("$TTL 60\n@ SOA ns.example.net. h 1 2 3 4 5\n NS ns.example.net.\n")}}
	if z, err := LoadZone(files, "a.zone", "a"); err != nil || len(z.Records()) != 2 {
		t.Error(z, err)
	}
	if _, err := LoadZone(files, "b.zone", "b"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestChange adds and removes records, and sees serial, names and empty
// non-terminals follow.
func TestChange(t *testing.T) {
	authority := textbook(t)
	z := authority.Zone("EXAMPLE.com")
	serial, _ := z.Serial()
	rcode := func(name string) string {
		return dns.RcodeToString[authority.Answer(t.Context(), question(name, dns.TypeA), netip.AddrPort{}).Rcode]
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		next, _ := z.Serial()
		if next != serial+1 {
			t.Errorf("serial %d after %d", next, serial)
		}
		serial = next
	}
	want := func(name, code string) {
		t.Helper()
		if got := rcode(name); got != code {
			t.Errorf("%s: %s, not %s", name, got, code)
		}
	}
	want("x.y.z.example.com", "NXDOMAIN")
	must(z.Add(record(t, "X.y.Z.example.com. 60 IN A 192.0.2.3"), record(t, "x.y.z.example.com. 30 IN A 192.0.2.4")))
	want("x.y.z.example.com", "NOERROR")
	want("y.z.example.com", "NOERROR")
	want("w.y.z.example.com", "NXDOMAIN")
	for _, rr := range z.records.Load().lookup("x.y.z.example.com.", dns.TypeA) {
		if rr.Header().Ttl != 30 {
			t.Error("the TTLs of a set differ:", rr)
		}
	}
	must(z.Add(record(t, "y.z.example.com. 60 IN TXT \"here\"")))
	must(z.Remove("x.Y.z.example.com", dns.TypeA))
	want("x.y.z.example.com", "NXDOMAIN")
	want("y.z.example.com", "NOERROR")
	must(z.Remove("y.z.example.com"))
	want("y.z.example.com", "NXDOMAIN")
	want("z.example.com", "NXDOMAIN")
	if _, left := z.records.Load().nodes["z.example.com."]; left {
		t.Error("an empty name is left")
	}

	before := fmt.Sprint(z.Records())
	for what, err := range map[string]error{
		"out of zone":     z.Add(record(t, "www.example.org. 60 IN A 192.0.2.3")),
		"half good":       z.Add(record(t, "ok.example.com. 60 IN A 192.0.2.3"), record(t, "www.example.com. 60 IN A 192.0.2.3")),
		"another SOA":     z.Add(record(t, "example.com. 60 IN SOA a. b. 1 2 3 4 5")),
		"no address":      z.Add(record(t, "new.example.com. 60 IN NS ns.new.example.com.")),
		"nothing there":   z.Remove("nothing.example.com"),
		"no such type":    z.Remove("web.example.com", dns.TypeMX),
		"the SOA":         z.Remove("example.com", dns.TypeSOA),
		"all of the apex": z.Remove("example.com"),
		"the NS set":      z.Remove("example.com", dns.TypeNS),
		"a needed host":   z.Remove("ns1.example.com"),
		"an empty name":   z.Remove("ent.example.com"),
		"another class":   z.Add(record(t, "ok.example.com. 60 CH TXT x")),
	} {
		if err == nil {
			t.Error(what + ": no error")
		}
	}
	if fmt.Sprint(z.Records()) != before {
		t.Error("a change that failed has changed something")
	}
}

// TestSerial is the arithmetic of RFC 1982.
func TestSerial(t *testing.T) {
	for _, c := range []struct {
		a, b  uint32
		newer bool
	}{
		{1, 0, true}, {0, 1, false}, {5, 5, false},
		{0, 0xffffffff, true}, {0xffffffff, 0, false},
		{0x80000000, 1, true}, {0x80000002, 1, false},
		{100, 0xfffffff0, true}, {2026112101, 7, true},
	} {
		if newer(c.a, c.b) != c.newer {
			t.Errorf("newer(%d, %d) is %v", c.a, c.b, !c.newer)
		}
	}
	if n := nextSerial(0xffffffff); n != 1 {
		t.Error("after the last serial comes", n)
	}
}

// TestNearest: of several zones the longest match answers, and the parent about
// the DS record.
func TestNearest(t *testing.T) {
	a := &Authority{Log: quiet}
	for _, name := range []string{".", "com", "example.com", "sub.example.com"} {
		text := "$TTL 60\n@ SOA ns h 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n"
		z, err := ParseZone(strings.NewReader(text), name, name)
		if err != nil {
			t.Fatal(err)
		}
		a.AddZone(z)
	}
	for _, c := range []struct {
		name  string
		qtype uint16
		zone  string
	}{
		{"www.sub.example.com.", dns.TypeA, "sub.example.com."},
		{"sub.example.com.", dns.TypeA, "sub.example.com."},
		{"sub.example.com.", dns.TypeDS, "example.com."},
		{"notsub.example.com.", dns.TypeA, "example.com."},
		{"xexample.com.", dns.TypeA, "com."},
		{"org.", dns.TypeA, "."},
		{".", dns.TypeNS, "."},
		{".", dns.TypeDS, "."},
	} {
		if z := a.zones.Load().nearest(c.name, c.qtype); z == nil || z.name != c.zone {
			t.Errorf("%s %s: %v", c.name, dns.TypeToString[c.qtype], z)
		}
	}
	a.RemoveZone("Example.com")
	if z := a.zones.Load().nearest("www.example.com.", dns.TypeA); z.name != "com." {
		t.Error("after the zone was removed:", z.name)
	}
	if a.Zone("example.com") != nil {
		t.Error("a removed zone is still there")
	}
}

func BenchmarkLoadZone(b *testing.B) {
	var text strings.Builder
	text.WriteString("$TTL 60\n@ SOA ns h 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "host%d A 192.0.2.2\n", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseZone(strings.NewReader(text.String()), "big", "example.com"); err != nil {
			b.Fatal(err)
		}
	}
}
