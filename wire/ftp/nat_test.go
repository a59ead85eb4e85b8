package ftp_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/internet/forward"
	"github.com/wirebook/wirebook/servers/ftpd"
	"github.com/wirebook/wirebook/wire"
)

// home is a host behind a NAT, and a server that is not; or the reverse:
//
//	alice ---[ lan 192.168.1.0/24 ]--- nat ---[ net 203.0.113.0/24 ]--- ftp, bob
//	nas  ----'
type home struct {
	alice, nas, ftp, bob *internet.Host
	log                  *wire.Log
	finish               func()
}

func newHome(t *testing.T, nat *forward.NAT) *home {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	in := internet.New(internet.Config{Seed: 7, Log: quiet})
	t.Cleanup(in.Close)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lan, err := in.AddSwitch("lan")
	ok(err)
	net, err := in.AddSwitch("net")
	ok(err)
	router, err := in.AddRouter("nat")
	ok(err)
	prefix := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	_, err = router.Connect(lan, internet.CardConfig{Link: "nat-lan", Addrs: prefix("192.168.1.1/24")})
	ok(err)
	_, err = router.Connect(net, internet.CardConfig{Link: "nat-net", Addrs: prefix("203.0.113.1/24")})
	ok(err)
	ok(router.SetNAT(nat))
	names := map[string]string{"203.0.113.1": "nat", "192.168.1.1": "nat"}
	host := func(name, addr string, sw *internet.Switch, via string) *internet.Host {
		h, err := in.AddHost(name)
		ok(err)
		_, err = h.Connect(sw, internet.CardConfig{Addrs: prefix(addr + "/24")})
		ok(err)
		if via != "" {
			ok(h.SetRoutes(append(h.Routes(), internet.Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr(via)})))
		}
		names[addr] = name
		return h
	}
	h := &home{log: wire.NewLog(1000)}
	h.alice, h.nas = host("alice", "192.168.1.10", lan, "192.168.1.1"), host("nas", "192.168.1.21", lan, "192.168.1.1")
	h.ftp, h.bob = host("ftp", "203.0.113.21", net, ""), host("bob", "203.0.113.12", net, "")

	ring := frame.NewRing(1 << 14)
	remove := in.Tap(ring)
	w := wire.New(wire.Options{Names: wire.NamesFunc(func(a netip.Addr) string { return names[a.String()] })})
	events := w.Subscribe(1 << 12)
	ctx, cancel := context.WithCancel(context.Background())
	followed := make(chan struct{})
	go w.Run(ctx, ring)
	go func() { h.log.Follow(events); close(followed) }()
	stop := func() {
		in.Settle()
		remove()
		cancel()
		<-followed
	}
	h.finish = func() {
		stop()
		if n := w.Stats().Failures; n > 0 {
			t.Errorf("%d dissectors failed", n)
		}
	}
	t.Cleanup(stop)
	for _, at := range [...]*internet.Host{h.ftp, h.nas} {
		server := ftpd.Server{
			Anonymous:    &ftpd.User{FS: fstest.MapFS{"readme.txt": {Data: []byte("Read me.\n")}}},
			PassivePorts: ftpd.PortRange{First: 40001, Last: 40001}, DataTimeout: time.Second, Log: quiet,
		}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx, at) }()
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
		for len(at.Sockets()) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	return h
}

// get fetches a file, and says whether it came.
func (h *home) get(t *testing.T, from *internet.Host, active bool, server string) string {
	t.Helper()
	c := &ftpc.Client{Network: from, Active: active, Timeout: 10 * time.Second}
	s, err := c.Dial(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Login(t.Context(), "anonymous", "me@example.com"); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if _, err := s.Get(t.Context(), "readme.txt", &got, 0); err != nil {
		_, _ = io.WriteString(&got, "failed")
	}
	_ = s.Quit(t.Context())
	return got.String()
}

var ephemeral = regexp.MustCompile(`port \d{5}`)

// story is who has said what to whom, on the control connection, and then on the
// data connections: what goes over two connections at once has no order.
func (h *home) story() string {
	var control, data strings.Builder
	for _, m := range h.log.Messages() {
		if m.Protocol == "ARP" || m.Packet {
			continue
		}
		b := &control
		if m.Beside {
			b = &data
		}
		fmt.Fprintf(b, "%s > %s: %s %s\n", m.From, m.To, m.Protocol, ephemeral.ReplaceAllString(m.Summary, "port N"))
		for i := range m.Findings {
			f := &m.Findings[i]
			fmt.Fprintf(b, "    ! %s %s\n", strings.TrimPrefix(f.Key, "finding.ftp."), f.Reference())
		}
	}
	return control.String() + "--\n" + data.String()
}

// Each message is told once, between the hosts that talk, and not the NAT: in
// passive mode, in active mode with a NAT that knows FTP and with one that does
// not, and to a server behind the NAT.
func TestNAT(t *testing.T) {
	nas := []forward.PortForward{{Protocol: forward.TCP, Port: 21, To: netip.MustParseAddrPort("192.168.1.21:21")}}
	for _, test := range []struct {
		name   string
		nat    forward.NAT
		active bool
		inside bool // the server is behind the NAT
		want   string
	}{
		{name: "passive", want: "Read me.\n"},
		{name: "active", active: true, want: "failed"},
		{name: "active-helped", nat: forward.NAT{FTP: true}, active: true, want: "Read me.\n"},
		{name: "server-active", nat: forward.NAT{Forward: nas}, active: true, inside: true, want: "Read me.\n"},
		{name: "server-passive-helped", nat: forward.NAT{Forward: nas, FTP: true}, inside: true, want: "Read me.\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			nat := test.nat
			nat.Outside = 1
			h := newHome(t, &nat)
			from, server := h.alice, "203.0.113.21"
			if test.inside {
				from, server = h.bob, "203.0.113.1"
			}
			if got := h.get(t, from, test.active, server); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			h.finish()
			compare(t, filepath.Join("testdata", "nat", test.name+".txt"), h.story())
		})
	}
}
