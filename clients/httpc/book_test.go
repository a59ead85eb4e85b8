package httpc

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/httpd"
)

// TestTheBookIsRight gets a page across a cable with a delay, and finds the number
// of round-trip times that the book computes.
func TestTheBookIsRight(t *testing.T) {
	const oneWay = 20 * time.Millisecond
	alice, site := farFrom(t, pageWith(t, 10), oneWay)
	visits, err := (&Client{Network: alice}).Compare(t.Context(), site, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range visits {
		t.Logf("%-10s %2d connections, %6.1f RTTs, by the book %2d, %v of %v",
			v.Mode, v.Connections, v.RTTs(), v.Predicted, v.Elapsed.Round(time.Millisecond), v.RTT.Round(time.Millisecond))
		if v.RTT < 2*oneWay {
			t.Errorf("%s: a round trip of %v over a cable of %v", v.Mode, v.RTT, oneWay)
		}
		// Nothing is faster than the cable; how much slower it is depends on
		// who else uses this machine.
		if least := time.Duration(v.Predicted) * 2 * oneWay; v.Elapsed < least {
			t.Errorf("%s: %v, which is less than %v", v.Mode, v.Elapsed, least)
		}
	}
	serial, parallel, persistent, pipelined := visits[0], visits[1], visits[2], visits[3]
	if parallel.Elapsed > serial.Elapsed || persistent.Elapsed > serial.Elapsed || pipelined.Elapsed > persistent.Elapsed {
		t.Error("the order is not the book's")
	}
}

// farFrom is a host, and a site on another host, with a delay between them.
func farFrom(t *testing.T, root string, oneWay time.Duration) (*internet.Host, string) {
	t.Helper()
	in := internet.New(internet.Config{})
	t.Cleanup(in.Close)
	sw, err := in.AddSwitch("campus")
	if err != nil {
		t.Fatal(err)
	}
	host := func(name, address string) *internet.Host {
		h, err := in.AddHost(name)
		if err != nil {
			t.Fatal(err)
		}
		card := internet.CardConfig{Addrs: []netip.Prefix{netip.MustParsePrefix(address)}}
		if _, err := h.Connect(sw, card); err != nil {
			t.Fatal(err)
		}
		return h
	}
	alice, www := host("alice", "10.0.0.1/24"), host("www", "10.0.0.2/24")
	if err := in.Link("alice").SetFaults(internet.Both, internet.Faults{Delay: oneWay}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	ready := &www80{Host: www, listens: make(chan struct{})}
	go func() { ended <- (&httpd.Server{Root: root}).Serve(ctx, ready) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	<-ready.listens
	return alice, "http://10.0.0.2/"
}

// www80 is a host that says when its server listens.
type www80 struct {
	*internet.Host
	listens chan struct{}
}

func (w *www80) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	defer close(w.listens)
	return w.Host.Listen(ctx, network, address)
}
