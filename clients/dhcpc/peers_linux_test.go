package dhcpc

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internal/netns"
	"github.com/wirebook/wirebook/internal/peer"
)

// card configures a card of a namespace as ip(8) does.
type card struct{ *netns.Namespace }

func (c card) AddAddress(name string, p netip.Prefix) error {
	c.IP("addr", "add", p.String(), "dev", name)
	return nil
}

func (c card) RemoveAddress(name string, p netip.Prefix) error {
	c.IP("addr", "del", p.String(), "dev", name)
	return nil
}

// From dnsmasq, over the kernel's own TCP/IP: an address, a renewal at T1, and
// the end.
func TestDnsmasq(t *testing.T) {
	dnsmasq := peer.Path(t, "dnsmasq", "dnsmasq-base")
	home, away := netns.Pair(t)
	home.IP("addr", "add", "192.0.2.67/24", "dev", "eth0")
	away.IP("link", "set", "eth0", "address", "02:00:00:00:00:01")
	var said bytes.Buffer
	server := home.Command(dnsmasq, "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0", "--no-ping", "--log-dhcp",
		"--interface=eth0", "--bind-interfaces", "--dhcp-range=192.0.2.100,192.0.2.199,1h", "--dhcp-authoritative",
		"--dhcp-option=3,192.0.2.1", "--dhcp-option=6,192.0.2.53", "--domain=example.edu",
		"--dhcp-leasefile="+filepath.Join(t.TempDir(), "leases"))
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		if t.Failed() {
			t.Logf("dnsmasq said:\n%s", said.String())
		}
	})

	events := make(chan Event, 100)
	moving := clock.NewMovable()
	client := Client{
		Network: away, Card: "eth0", MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, Configure: card{away},
		HostName: "alice", Observe: func(e Event) { events <- e }, Clock: moving, Log: quiet,
		Timeout: 100 * time.Millisecond, // dnsmasq may still be starting
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx) }()
	await := func(want State) *Lease {
		t.Helper()
		for {
			select {
			case e := <-events:
				if e.State == want {
					return e.Lease
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("it does not come to %s", want)
			}
		}
	}
	lease := await(Bound)
	if !netip.MustParsePrefix("192.0.2.0/24").Contains(lease.Addr.Addr()) || lease.Domain != "example.edu" ||
		len(lease.DNS) != 1 || len(lease.Routers) != 1 || lease.Duration != time.Hour {
		t.Errorf("lease %+v", lease)
	}
	if out, err := away.Command("ping", "-c", "1", "-W", "5", "192.0.2.67").CombinedOutput(); err != nil {
		if _, missing := exec.LookPath("ping"); missing == nil {
			t.Errorf("ping: %v\n%s", err, out)
		}
	}
	moving.Skip(30 * time.Minute)
	await(Renewing)
	if renewed := await(Bound); !renewed.Start.After(lease.Start) || renewed.Addr != lease.Addr {
		t.Errorf("renewed %+v", renewed)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
