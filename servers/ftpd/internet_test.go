package ftpd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/ftpd"
)

// twoHosts are on a switch; the server's cable has those faults in both
// directions.
func twoHosts(t *testing.T, c clock.Clock, faults string) (alice, server *internet.Host) {
	in := internet.New(internet.Config{Seed: 7, Clock: c, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(in.Close)
	lan, err := in.AddSwitch("lan")
	if err != nil {
		t.Fatal(err)
	}
	host := func(name string, addresses ...string) *internet.Host {
		h, err := in.AddHost(name)
		if err != nil {
			t.Fatal(err)
		}
		var prefixes []netip.Prefix
		for _, a := range addresses {
			prefixes = append(prefixes, netip.MustParsePrefix(a))
		}
		if _, err := h.Connect(lan, internet.CardConfig{Addrs: prefixes}); err != nil {
			t.Fatal(err)
		}
		return h
	}
	alice = host("alice", "192.0.2.11/24", "2001:db8:1::11/64")
	server = host("server", "192.0.2.21/24", "2001:db8:1::21/64")
	if faults == "" {
		return alice, server
	}
	wrong, err := internet.ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Link("server").SetFaults(internet.Both, wrong); err != nil {
		t.Fatal(err)
	}
	return alice, server
}

// serverOnInternet has one user, bob, whose files are in memory.
func serverOnInternet(t *testing.T, host netx.Network, c clock.Clock) {
	const patient = 24 * time.Hour // where frames are lost, and time is moved ahead
	startOn(t, t.Context(), host, &ftpd.Server{
		Users: map[string]ftpd.User{"bob": {Password: "bob", FS: fstest.MapFS{
			"big.bin": {Data: content(large), Mode: 0o644},
		}}},
		LoginTimeout: patient, IdleTimeout: patient, DataTimeout: patient, StallTimeout: patient,
		Clock: c,
	})
}

var addresses = []string{"192.0.2.21:21", "[2001:db8:1::21]:21"}

// TestOnTheMiniatureInternet: both modes, over IPv4 and IPv6, and the server's
// end of an active connection is port 20.
func TestOnTheMiniatureInternet(t *testing.T) {
	alice, host := twoHosts(t, clock.System, "")
	serverOnInternet(t, host, clock.System)
	for _, address := range addresses {
		for _, active := range []bool{false, true} {
			c := dial(t, alice, netip.MustParseAddrPort(address)).login("bob")
			c.active = active
			name := fmt.Sprintf("%v-%v", len(address), active)
			c.put(content(100_000), "STOR %s", name)
			if got := c.get("RETR %s", name); !bytes.Equal(got, content(100_000)) {
				t.Errorf("%s, active %v: %d bytes", address, active, len(got))
			}
			if got := c.get("RETR big.bin"); !bytes.Equal(got, content(large)) {
				t.Errorf("%s, active %v: %d bytes", address, active, len(got))
			}
			conn := c.open("NLST")
			_, port, _ := net.SplitHostPort(conn.RemoteAddr().String())
			if active != (port == "20") {
				t.Errorf("active is %v, and the data come from port %s", active, port)
			}
			conn.Close()
			c.expect(226)
			c.do(221, "QUIT")
		}
	}
	c := dial(t, alice, netip.MustParseAddrPort(addresses[1])).login("bob")
	c.do(425, "PASV") // which cannot say it
	c.do(522, "EPSV 1")
	c.do(229, "EPSV 2")
	c.do(504, "EPRT |1|192.0.2.11|5000|") // the same host, and yet not the same address
}

// stubborn is a host that calls again when nobody answers: of a hundred
// connections one may lose each of its SYNs, and of twenty networks one each
// question for an Ethernet address.
type stubborn struct{ *internet.Host }

func (s stubborn) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return s.DialFrom(ctx, network, "", address)
}

func (s stubborn) DialFrom(ctx context.Context, network, source, address string) (conn net.Conn, err error) {
	for range 10 {
		conn, err = s.Host.DialFrom(ctx, network, source, address)
		if !errors.Is(err, syscall.ETIMEDOUT) && !errors.Is(err, syscall.EHOSTUNREACH) {
			return conn, err
		}
	}
	return nil, err
}

// TestLoss: over a cable that loses a fifth of all frames, and doubles and
// reorders others, files arrive as they were, in both modes. Time is moved ahead,
// so that TCP's ever longer pauses take none.
func TestLoss(t *testing.T) {
	quick := clock.NewMovable()
	alice, host := twoHosts(t, quick, "loss=20%,dup=10%,reorder=10%")
	serverOnInternet(t, stubborn{host}, quick)
	ended := make(chan struct{})
	var hurry sync.WaitGroup
	hurry.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
				quick.Skip(50 * time.Millisecond)
			}
		}
	})
	defer hurry.Wait()
	defer close(ended)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			c := dial(t, stubborn{alice}, netip.MustParseAddrPort(addresses[i%2])).login("bob")
			c.active = i/2%2 == 1
			size := 1 + i*700
			c.put(content(size), "STOR %d", size)
			if got := c.get("RETR %d", size); !bytes.Equal(got, content(size)) {
				t.Errorf("%d: %d bytes, which are not those of the file", size, len(got))
			}
		})
	}
	wait.Wait()
}
