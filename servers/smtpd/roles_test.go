package smtpd

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/certificate"
)

// TestNeverAnOpenRelay: what strangers have tried at mail servers since there are
// some. Nothing of it leaves this host.
func TestNeverAnOpenRelay(t *testing.T) {
	nw := newStreets()
	s := start(t, nw, &Server{Campus: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	nw.domain("evil.example", "mail.evil.example", "192.0.2.66")
	for _, test := range []struct{ from, to, want string }{
		{"x@evil.example", "y@evil.example", "550 5.7.1"},
		{"", "y@evil.example", "550 5.7.1"},
		{"alice@example.edu", "y@evil.example", "550 5.7.1"},
		{"postmaster@example.edu", "y@evil.example", "550 5.7.1"},
		{"x@evil.example", "y@EVIL.example", "550 5.7.1"},
		{"x@evil.example", "y%evil.example@example.edu", "550 5.1.1"},
		{"x@evil.example", "evil.example!y@example.edu", "550 5.1.1"},
		{"x@evil.example", `"y@evil.example"@example.edu`, "550 5.1.1"},
		{"x@evil.example", `"y@evil.example"`, "501"},
		{"x@evil.example", "y@evil.example@example.edu", "550 5.1.1"},
		{"x@evil.example", "bob@example.edu@evil.example", "550 5.7.1"},
		{"x@evil.example", `"bob@example.edu"@evil.example`, "550 5.7.1"},
		{"x@evil.example", "@example.edu:y@evil.example", "550 5.7.1"},
		{"x@evil.example", "@example.edu,@mail.example.edu:y@evil.example", "550 5.7.1"},
		{"x@evil.example", "y@[192.0.2.66]", "550 5.7.1"},
		{"x@evil.example", "y@[IPv6:2001:db8::66]", "550 5.7.1"},
		{"x@evil.example", "y@localhost", "550 5.7.1"},
		{"x@evil.example", "y@mail.example.edu", "550 5.1.1"},
		{"x@evil.example", "bob@sub.example.edu", "550 5.7.1"},
		{"x@evil.example", "bob@notexample.edu", "550 5.7.1"},
		{"x@evil.example", "bob@example.edu.evil.example", "550 5.7.1"},
		{"x@evil.example", "bob@example.edu%00.evil.example", "553"},
		{"x@evil.example", "y", "501"},
		{"x@evil.example", "", "501"},
		{"x@evil.example", "../../etc/passwd@example.edu", "550 5.1.1"},
		{"x@evil.example", "|/bin/sh@example.edu", "550 5.1.1"},
		{"x@evil.example", "bob@EXAMPLE.EDU", "250"},
		{"x@evil.example", "Bob@example.edu", "250"},
		{"x@evil.example", `"bob"@example.edu`, "250"},
		{"x@evil.example", "@evil.example:bob@example.edu", "250"},
		{"x@evil.example", "PostMaster@example.edu", "250"},
		{"x@evil.example", "PostMaster", "250"},
		{"x@evil.example", "postmaster@mail.example.edu", "250"},
	} {
		c := dial(t, s.mx)
		c.says("EHLO x", "250", "MAIL FROM:<"+test.from+">", "250")
		c.send("RCPT TO:<" + test.to + ">\r\n")
		if reply := c.hear(""); !strings.HasPrefix(reply, test.want) {
			t.Errorf("from <%s> to <%s>: %s", test.from, test.to, reply)
		}
		c.conn.Close()
	}
	// And at the other port nobody gets as far as that.
	c := dial(t, s.submit)
	c.says("EHLO x", "250", "MAIL FROM:<alice@example.edu>", "530 5.7.0", "RCPT TO:<y@evil.example>", "502", "DATA", "502")
	if n := len(s.Queue.List()); n != 0 {
		t.Errorf("%d messages wait", n)
	}
}

// TestWhoIsOnTheCampus: a client there sends to everybody, and needs no login.
func TestWhoIsOnTheCampus(t *testing.T) {
	s := start(t, newStreets(), &Server{Campus: campus})
	for _, address := range []string{s.mx, s.submit} {
		c := dial(t, address)
		c.says("HELO x", "250", "MAIL FROM:<alice@example.edu>", "250", "RCPT TO:<y@elsewhere.example>", "250")
	}
}

// TestNoPasswordInTheClear where that is not wanted.
func TestNoPasswordInTheClear(t *testing.T) {
	authority := certificate.For(t)
	s := start(t, newStreets(), &Server{TLS: authority.Server, NeedTLS: true})
	c := dial(t, s.submit)
	c.says("EHLO x", "250", "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "523 5.7.10")
	c.startTLS(authority)
	c.says("EHLO x", "250", "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "235", "MAIL FROM:<alice@example.edu>", "250")
}

func TestAddresses(t *testing.T) {
	for _, test := range []struct{ in, out string }{
		{"alice@example.edu", "alice@example.edu"},
		{"alice@EXAMPLE.edu", "alice@example.edu"},
		{"a b@example.edu", `"a b"@example.edu`},
		{`a"\b@example.edu`, `"a\"\\b"@example.edu`},
		{"a@b@example.edu", `"a@b"@example.edu`},
		{".a@example.edu", `".a"@example.edu`},
		{"用户@例子.example", "用户@例子.example"},
		{"a@[192.0.2.1]", "a@[192.0.2.1]"},
		{"a@[ipv6:2001:db8::1]", "a@[ipv6:2001:db8::1]"},
		{"a@[192.0.2]", ""}, {"a@[2001:db8::1]", ""}, {"a@[IPv6:fe80::1%eth0]", ""}, {"@example.edu", ""}, {"a@", ""}, {"a", ""}, {"", ""},
		{"a@b..c", ""}, {"a@.b", ""}, {"a@b.", ""}, {"a@-b", ""}, {"a@b c", ""}, {"a\x00@b", ""}, {"a\r@b", ""}, {"a\xff@b", ""},
		{strings.Repeat("a", 64) + "@b", strings.Repeat("a", 64) + "@b"}, {strings.Repeat("a", 65) + "@b", ""},
		{"a@" + strings.Repeat("a", 64), ""}, {"a@" + strings.Repeat("a.", 127) + "aa", ""},
	} {
		a, err := parseAddress(test.in, true)
		if (err != nil) != (test.out == "") || err == nil && a.String() != test.out {
			t.Errorf("%q: %q, %v", test.in, a, err)
		}
		if err == nil && unquote(a.String()) != a.local+"@"+a.domain {
			t.Errorf("%q: back %q", test.in, unquote(a.String()))
		}
	}
}
