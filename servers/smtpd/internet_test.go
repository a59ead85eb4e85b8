package smtpd

import (
	"bufio"
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
)

// TestOnTheMiniatureInternet: port 25 is port 25. Alice's host is on the campus of
// one server; the other one has an IPv6 address only, and is switched on late.
func TestOnTheMiniatureInternet(t *testing.T) {
	movable := clock.NewMovable()
	world := internet.New(internet.Config{Seed: 7, Clock: movable, Log: quiet})
	t.Cleanup(world.Close)
	lan, err := world.AddSwitch("lan")
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]*internet.Host{}
	for name, addresses := range map[string][]string{
		"alice": {"192.0.2.11/24"}, "edu": {"192.0.2.25/24", "2001:db8::25/64"}, "com": {"2001:db8::26/64"}, "stranger": {"192.0.2.66/24"},
	} {
		if hosts[name], err = world.AddHost(name); err != nil {
			t.Fatal(err)
		}
		var prefixes []netip.Prefix
		for _, a := range addresses {
			prefixes = append(prefixes, netip.MustParsePrefix(a))
		}
		if _, err := hosts[name].Connect(lan, internet.CardConfig{Addrs: prefixes}); err != nil {
			t.Fatal(err)
		}
	}
	names := newStreets()
	names.domain("example.com", "mail.example.com", "2001:db8::26")
	edu := startOn(t, hosts["edu"], "192.0.2.25", &Server{Domains: []string{"example.edu"}, Campus: []netip.Prefix{netip.MustParsePrefix("192.0.2.11/32")}, Resolver: names, Clock: movable})

	call := func(host, port string) *talk {
		conn, err := hosts[host].DialContext(t.Context(), "tcp", "192.0.2.25:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		c := &talk{t, conn, bufio.NewReader(conn)}
		c.hear("220")
		c.says("HELO "+host, "250")
		return c
	}
	call("stranger", "25").says("MAIL FROM:<x@evil.example>", "250", "RCPT TO:<bob@example.com>", "550 5.7.1")
	call("stranger", "587").says("MAIL FROM:<x@evil.example>", "530 5.7.0")
	c := call("alice", "25")
	if reply := c.mail("alice@example.edu", "bob@example.com", "Do you like ketchup?\r\n"); !strings.HasPrefix(reply, "250") {
		t.Fatal(reply)
	}
	c.says("QUIT", "221")
	c.ended()
	attempts := func() int { return (&testServer{Server: edu}).attempts() }
	await(t, "a first try", func() bool { return attempts() == 1 })

	com := startOn(t, hosts["com"], "2001:db8::26", &Server{Domains: []string{"example.com"}, Resolver: names, Clock: movable})
	movable.Skip(time.Minute)
	text := (&testServer{Server: com}).awaitMail(t, "bob", 1)[0]
	for _, part := range []string{"from mail.example.edu ([IPv6:2001:db8::25])", "from alice ([192.0.2.11])", "with SMTP id", "\r\n\r\nDo you like ketchup?\r\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

// startOn serves on a host of the miniature Internet, until the test ends.
func startOn(t *testing.T, nw *internet.Host, address string, s *Server) *Server {
	t.Helper()
	equip(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, nw) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	await(t, "a server that listens", func() bool {
		conn, err := nw.DialContext(t.Context(), "tcp", net.JoinHostPort(address, "25"))
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return s
}
