package dhcp_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/dhcpd"
	"github.com/wirebook/wirebook/wire"
)

// What a host without an address says is shown as its own.
func TestNamesOfThoseWithoutAddress(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	in := internet.New(internet.Config{Log: quiet})
	t.Cleanup(in.Close)
	campus, err := in.AddSwitch("campus")
	if err != nil {
		t.Fatal(err)
	}
	host := func(name string, addrs ...netip.Prefix) *internet.Host {
		h, err := in.AddHost(name)
		if err == nil {
			_, err = h.Connect(campus, internet.CardConfig{Addrs: addrs})
		}
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	alice, dhcp := host("alice"), host("dhcp", netip.MustParsePrefix("192.0.2.67/24"))

	ring := frame.NewRing(1 << 10)
	defer in.Tap(ring)()
	watcher := wire.New(wire.Options{Names: wire.NamesFunc(func(a netip.Addr) string {
		return map[string]string{"192.0.2.67": "dhcp"}[a.String()]
	})})
	events := watcher.Subscribe(1 << 10)
	log := wire.NewLog(1000)
	ctx, cancel := context.WithCancel(t.Context())
	followed, served := make(chan bool), make(chan error, 1)
	go watcher.Run(ctx, ring)
	go func() { log.Follow(events); close(followed) }()

	server := dhcpd.Server{Card: "eth0", ID: netip.MustParseAddr("192.0.2.67"), Log: quiet, Networks: []dhcpd.Network{{
		Prefix: netip.MustParsePrefix("192.0.2.0/24"),
		Pool:   []dhcpd.Range{{First: netip.MustParseAddr("192.0.2.100"), Last: netip.MustParseAddr("192.0.2.199")}},
	}}}
	go func() { served <- server.Serve(ctx, dhcp) }()
	for len(dhcp.Sockets()) == 0 {
		time.Sleep(time.Millisecond)
	}
	client := dhcpc.Client{Network: alice, Card: "eth0", MAC: alice.Cards()[0].MAC, Configure: alice, Log: quiet}
	lease, err := client.Acquire(ctx)
	if err == nil {
		err = client.Release(ctx, lease)
	}
	if err != nil {
		t.Fatal(err)
	}
	in.Settle()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	<-followed
	var got strings.Builder
	for _, m := range log.Messages() {
		if m.Protocol == "DHCP" {
			fmt.Fprintf(&got, "%s > %s: %s, %d findings\n", m.From, m.To, m.Summary, len(m.Findings))
		}
	}
	const want = `alice > 255.255.255.255: DISCOVER, 0 findings
dhcp > 255.255.255.255: OFFER 192.0.2.100, 12h, 0 findings
alice > 255.255.255.255: REQUEST 192.0.2.100 (192.0.2.67), 0 findings
dhcp > 255.255.255.255: ACK 192.0.2.100, 12h, 0 findings
alice > dhcp: RELEASE 192.0.2.100, 0 findings
`
	if got.String() != want {
		t.Errorf("got:\n%swant:\n%s", got.String(), want)
	}
}
