package dhcpd

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// campus is the network 192.0.2.0/24 with a pool of so many addresses, from
// 192.0.2.100 on.
func campus(size int) Network {
	first := addr("192.0.2.100")
	last := first
	for range size - 1 {
		last = last.Next()
	}
	return Network{
		Prefix: netip.MustParsePrefix("192.0.2.0/24"), Pool: []Range{{first, last}}, Domain: "example.edu",
		Routers: []netip.Addr{addr("192.0.2.1")}, DNS: []netip.Addr{addr("192.0.2.53")}, Authoritative: true,
	}
}

// lan is a miniature Internet of one switch, whose time can be moved.
type lan struct {
	*internet.Internet
	t     testing.TB
	clock *clock.Movable
	sw    *internet.Switch
}

func newLAN(t testing.TB) *lan {
	t.Helper()
	c := clock.NewMovable()
	in := internet.New(internet.Config{Clock: c, Log: quiet, Seed: 1})
	c.OnSettle(in.Settle)
	t.Cleanup(in.Close)
	sw, err := in.AddSwitch("campus")
	if err != nil {
		t.Fatal(err)
	}
	return &lan{in, t, c, sw}
}

func (l *lan) host(name string, addrs ...string) *internet.Host {
	l.t.Helper()
	h, err := l.AddHost(name)
	if err != nil {
		l.t.Fatal(err)
	}
	var config internet.CardConfig
	for _, a := range addrs {
		config.Addrs = append(config.Addrs, netip.MustParsePrefix(a))
	}
	if _, err := h.Connect(l.sw, config); err != nil {
		l.t.Fatal(err)
	}
	return h
}

// serve runs s on host; stop ends it.
func (l *lan) serve(host *internet.Host, s *Server) (stop func()) {
	l.t.Helper()
	s.Card, s.Log, s.Clock = "eth0", quiet, l.clock
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, host) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			l.t.Errorf("Serve: %v", err)
		}
	})
	l.t.Cleanup(stop)
	for len(host.Sockets()) == 0 {
		time.Sleep(time.Millisecond)
	}
	return stop
}

// plugged is a client at work.
type plugged struct {
	dhcpc.Client
	host   *internet.Host
	events chan dhcpc.Event
	stop   func()
}

// plug starts a client on a host that has no address.
func (l *lan) plug(name string, change func(*dhcpc.Client)) *plugged {
	l.t.Helper()
	h := l.host(name)
	p := &plugged{host: h, events: make(chan dhcpc.Event, 1000)}
	p.Client = dhcpc.Client{
		Network: h, Card: "eth0", MAC: h.Cards()[0].MAC, Configure: h, HostName: name, Clock: l.clock, Log: quiet,
		Observe: func(e dhcpc.Event) { p.events <- e },
	}
	if change != nil {
		change(&p.Client)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			l.t.Errorf("%s: Run: %v", name, err)
		}
	})
	l.t.Cleanup(p.stop)
	return p
}

// await waits until the client is in a state; it moves the time along when
// nothing happens.
func (l *lan) await(p *plugged, want dhcpc.State) dhcpc.Event {
	l.t.Helper()
	give := time.After(30 * time.Second)
	for {
		select {
		case e := <-p.events:
			if e.State == want {
				return e
			}
		case <-time.After(200 * time.Millisecond):
			l.clock.Skip(time.Second)
		case <-give:
			l.t.Fatalf("%s does not come to %s", p.HostName, want)
		}
	}
}

// states are those that the client has come to since it was last looked at.
func (p *plugged) states() string {
	text := ""
	for {
		select {
		case e := <-p.events:
			text += fmt.Sprintf("%s ", e.State)
		default:
			return text
		}
	}
}

func mac(n int) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, byte(n >> 8), byte(n)} }
