package dnsc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// names answers from a table: name and type to records; a name without any
// entry does not exist.
func names(t testing.TB, table map[string][]string) host {
	return func(_ string, q *dns.Msg) [][]byte {
		name := strings.ToLower(q.Question[0].Name)
		if records, ok := table[name+" "+dns.Type(q.Question[0].Qtype).String()]; ok {
			return [][]byte{pack(t, reply(t, q, records...))}
		}
		for key := range table {
			if strings.HasPrefix(key, name+" ") {
				return [][]byte{pack(t, reply(t, q))}
			}
		}
		return [][]byte{pack(t, new(dns.Msg).SetRcode(q, dns.RcodeNameError))}
	}
}

var campus = map[string][]string{
	"www.example.com. A":              {theAnswer},
	"www.example.com. AAAA":           {"www.example.com. AAAA 2001:db8::80"},
	"v4.example.edu. A":               {"v4.example.edu. A 192.0.2.4"},
	"ftp.example.edu. A":              {"ftp.example.edu. CNAME v4.example.edu.", "V4.example.edu. A 192.0.2.4"},
	"ring.example.edu. A":             {"ring.example.edu. CNAME ring.example.edu."},
	"host.lab.example.edu. A":         {"host.lab.example.edu. A 192.0.2.9"},
	"empty.example.edu. TXT":          {"empty.example.edu. TXT nothing"},
	"4.2.0.192.in-addr.arpa. PTR":     {"4.2.0.192.in-addr.arpa. PTR v4.example.edu."},
	"example.edu. MX":                 {"example.edu. MX 20 backup.example.edu.", "example.edu. MX 10 mail.example.edu."},
	"example.net. MX":                 {"example.net. MX 0 ."},
	"evil.example.edu. A":             {"evil.example.edu. CNAME elsewhere.example.org.", "www.example.com. A 198.51.100.66"},
	"8.b.d.0.1.0.0.2.ip6.arpa. DUMMY": nil,
}

func TestLookupHost(t *testing.T) {
	search := []string{"example.edu", ".", "com."}
	for _, tt := range []struct{ host, want string }{
		{"www.example.com", "[203.0.113.80 2001:db8::80]"},
		{"www.example.com.", "[203.0.113.80 2001:db8::80]"},
		{"v4", "[192.0.2.4]"},
		{"v4.", "no such host"},
		{"V4.Example.EDU", "[192.0.2.4]"},
		{"ftp", "[192.0.2.4]"},
		{"host.lab", "[192.0.2.9]"},
		{"www.example", "[203.0.113.80 2001:db8::80]"},
		{"nobody", "no such host"},
		{"empty", "no such host"},
		{"ring", "no such host"},
		{"evil", "no such host"},
		{"", "no such host"},
		{"a..b", "no such host"},
		{"192.0.2.1", "[192.0.2.1]"},
		{"2001:db8::1", "[2001:db8::1]"},
		{"localhost", "[127.0.0.1 ::1]"},
	} {
		bubble(t, func(t *testing.T) {
			addrs, err := at(t, names(t, campus)).client().LookupHost(t.Context(), tt.host, []netip.AddrPort{server}, search)
			got := fmt.Sprint(addrs)
			if err != nil {
				var e *net.DNSError
				if !errors.As(err, &e) || !e.IsNotFound || e.IsTimeout || e.Name != tt.host {
					t.Errorf("%q: %#v", tt.host, err)
				}
				got = e.Err
			}
			if got != tt.want {
				t.Errorf("%q: got %s, want %s", tt.host, got, tt.want)
			}
		})
	}
}

// TestLookupOrder: a short name is completed first; a long one is tried as it
// stands, unless ndots says otherwise.
func TestLookupOrder(t *testing.T) {
	c := &Client{}
	search := []string{"a.test", "b.test"}
	for _, tt := range []struct {
		ndots      int
		host, want string
	}{
		{0, "x", "[x.a.test. x.b.test. x.]"},
		{0, "x.y", "[x.y. x.y.a.test. x.y.b.test.]"},
		{2, "x.y", "[x.y.a.test. x.y.b.test. x.y.]"},
		{0, "x.", "[x.]"},
		{0, strings.Repeat("x.", 125) + "x", "[" + strings.Repeat("x.", 126) + "]"},
	} {
		c.Ndots = tt.ndots
		if got := fmt.Sprint(c.candidates(tt.host, search)); got != tt.want {
			t.Errorf("%s, ndots %d: %s, want %s", tt.host, tt.ndots, got, tt.want)
		}
	}
}

// TestLookupFailover: the first server is silent, or has trouble.
func TestLookupFailover(t *testing.T) {
	second := netip.MustParseAddrPort("192.0.2.54:53")
	trouble := func(_ string, q *dns.Msg) [][]byte {
		return [][]byte{pack(t, new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))}
	}
	silent := func(string, *dns.Msg) [][]byte { return nil }
	for _, tt := range []struct {
		first, second    host
		took             time.Duration
		timeout, success bool
	}{
		{silent, names(t, campus), 2005 * time.Millisecond, false, true},
		{trouble, names(t, campus), 10 * time.Millisecond, false, true},
		{nil, names(t, campus), 5 * time.Millisecond, false, true},
		{trouble, trouble, 10 * time.Millisecond, false, false},
		{silent, silent, 28 * time.Second, true, false},
	} {
		bubble(t, func(t *testing.T) {
			n := at(t, tt.first)
			n.hosts["192.0.2.54"] = tt.second
			start := time.Now()
			addrs, err := n.client().LookupHost(t.Context(), "www.example.com", []netip.AddrPort{server, second}, nil)
			if took := time.Since(start); took != tt.took {
				t.Errorf("took %v, want %v", took, tt.took)
			}
			if tt.success {
				if err != nil || len(addrs) != 2 {
					t.Errorf("%v, %v", addrs, err)
				}
				return
			}
			var e *net.DNSError
			if !errors.As(err, &e) || e.IsNotFound || !e.IsTemporary || e.IsTimeout != tt.timeout {
				t.Errorf("%#v", err)
			}
		})
	}
	if _, err := new(Client).LookupHost(t.Context(), "www.example.com", nil, nil); err == nil {
		t.Error("found without a server")
	}
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := at(t, silent).client().LookupHost(ctx, "www.example.com", []netip.AddrPort{server}, nil)
		var e *net.DNSError
		if !errors.As(err, &e) || !e.IsTimeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%#v", err)
		}
	})
}

func TestLookupAddr(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := at(t, names(t, campus)).client()
		got, err := c.LookupAddr(t.Context(), netip.MustParseAddr("::ffff:192.0.2.4"), []netip.AddrPort{server})
		if err != nil || fmt.Sprint(got) != "[v4.example.edu.]" {
			t.Errorf("%v, %v", got, err)
		}
		var e *net.DNSError
		if _, err := c.LookupAddr(t.Context(), netip.MustParseAddr("2001:db8::1"), []netip.AddrPort{server}); !errors.As(err, &e) || !e.IsNotFound {
			t.Errorf("%#v", err)
		}
	})
	if got := Reverse(netip.MustParseAddr("2001:db8::1")); got != "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa." {
		t.Error(got)
	}
}

func TestLookupMX(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := at(t, names(t, campus)).client()
		for domain, want := range map[string]string{
			"example.edu": "[20 backup.example.edu. 10 mail.example.edu.]",
			"example.net": "[0 .]", // it takes no mail (RFC 7505)
		} {
			hosts, err := c.LookupMX(t.Context(), domain, []netip.AddrPort{server})
			var got []string
			for _, mx := range hosts {
				got = append(got, fmt.Sprint(mx.Pref), mx.Host)
			}
			if err != nil || fmt.Sprint(got) != want {
				t.Errorf("%s: %v, %v", domain, got, err)
			}
		}
		for _, domain := range []string{"www.example.com", "nowhere.example", "", strings.Repeat("a", 64) + ".example"} {
			var e *net.DNSError
			if _, err := c.LookupMX(t.Context(), domain, []netip.AddrPort{server}); !errors.As(err, &e) || !e.IsNotFound {
				t.Errorf("%s: %#v", domain, err)
			}
		}
	})
}
