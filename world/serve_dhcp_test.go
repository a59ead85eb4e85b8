package world

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/dhcpd"
)

const lending = `name: lending
networks:
  lan: {domain: example.edu, ipv4: 192.0.2.0/24, ipv6: 2001:db8:1::/64, router: gw, resolver: dhcp, guests: 200-249}
routers:
  gw: {cards: {lan: 1}}
hosts:
  alice: {on: lan, at: 11}
  dhcp:
    on: lan
    at: 67
    servers:
      dhcp: {pool: 100-199, lease: 2h, check: 20ms, reservations: {alice: 11}}
`

func TestLeases(t *testing.T) {
	plan, err := Parse(fstest.MapFS{}, "world.yaml", []byte(lending))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Start(context.Background(), plan, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := w.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	ask := func(host *internet.Host, mac net.HardwareAddr) *dhcpc.Lease {
		t.Helper()
		client := dhcpc.Client{Network: host, Card: "eth0", MAC: mac, Configure: host}
		lease, err := client.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return lease
	}
	newcomer, err := w.Internet.AddHost("newcomer")
	if err == nil {
		_, err = newcomer.Connect(w.switches["lan"], internet.CardConfig{})
	}
	if err != nil {
		t.Fatal(err)
	}
	lease := ask(newcomer, newcomer.Cards()[0].MAC)
	if lease.Addr.String() != "192.0.2.100/24" || lease.Duration != 2*time.Hour || lease.Domain != "example.edu" ||
		len(lease.Routers) != 1 || lease.Routers[0] != netip.MustParseAddr("192.0.2.1") ||
		len(lease.DNS) != 1 || lease.DNS[0] != netip.MustParseAddr("192.0.2.67") {
		t.Errorf("the newcomer's lease: %+v", lease)
	}
	// alice's card gets alice's address, once alice does not use it already.
	mac := w.Host("alice").Cards()[0].MAC
	if err := w.Internet.RemoveHost("alice"); err != nil {
		t.Fatal(err)
	}
	again, err := w.Internet.AddHost("alice2")
	if err == nil {
		_, err = again.Connect(w.switches["lan"], internet.CardConfig{MAC: mac})
	}
	if err != nil {
		t.Fatal(err)
	}
	if lease := ask(again, mac); lease.Addr.String() != "192.0.2.11/24" {
		t.Errorf("alice's lease: %+v", lease)
	}
	if got := w.Leases(); len(got) != 2 || got[0].State != dhcpd.Bound || got[1].State != dhcpd.Bound || got[0].Host != "alice" || got[1].Server != "dhcp" {
		t.Errorf("leases: %+v", got)
	}
}

func TestMistakesAboutDHCP(t *testing.T) {
	for change, want := range map[[2]string]string{
		{"pool: 100-199, ", "pool: many, "}:       "range of host numbers",
		{"lease: 2h", "lease: long"}:              "does not do as a time",
		{"lease: 2h", "lease: 0s"}:                "does not do as a time",
		{"check: 20ms", "authoritative: perhaps"}: "true or false",
		{"{alice: 11}", "{alcie: 11}"}:            "alice",
		{"pool: 100-199", "pool: 100-299"}:        "take numbers up to 254",
		{"{alice: 11}", "{alice: x}"}:             "whole number",
		{"check: 20ms", "chek: 20ms"}:             "check",
		{"pool: 100-199, lease: 2h", "lease: 2h"}: "",
		{"pool: 100-199, lease: 2h, check: 20ms, reservations: {alice: 11}", "lease: 2h"}: "no addresses to lend",
	} {
		text := strings.Replace(lending, change[0], change[1], 1)
		if text == lending {
			t.Fatalf("%q is not in the world", change[0])
		}
		_, err := Parse(fstest.MapFS{}, "world.yaml", []byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", change[1], err, want)
		}
	}
}
