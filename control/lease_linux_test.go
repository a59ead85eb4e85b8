package control

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/internal/peer"
)

// A hub is a world with nothing in it but a cable between all guests.
type hub struct {
	mu   sync.Mutex
	taps map[*guest.Tap]bool
	out  chan struct{} // one for each card that was taken out
	news chan any      // what to tell the guests: a value, or an error
}

func (h *hub) next(ctx context.Context) (any, error) {
	select {
	case news := <-h.news:
		err, _ := news.(error)
		return news, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type place struct {
	Address netip.Prefix
}

func (h *hub) join(w http.ResponseWriter, r *http.Request) {
	// The world chooses the address.
	h.mu.Lock()
	at := place{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 2, 0, byte(len(h.taps) + 1)}), 24)}
	h.mu.Unlock()
	_ = Lease(w, r, at, func(ctx context.Context, tap *guest.Tap) (func(), error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.taps[tap] = true
		go guest.Pump(ctx, tap, func(frame []byte) {
			h.mu.Lock()
			defer h.mu.Unlock()
			for other := range h.taps {
				if other != tap {
					other.WriteFrame(frame)
				}
			}
		})
		return func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.taps, tap)
			h.out <- struct{}{}
		}, nil
	}, h.next)
}

// joined starts a guest whose card is in the world of c.
func joined(t *testing.T, c *Client, args ...string) (*guest.Guest, *Joined, *strings.Builder) {
	t.Helper()
	var at place
	j, err := c.Join(t.Context(), "/join", nil, &at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	out := new(strings.Builder)
	g, err := guest.Start(t.Context(), guest.Config{
		Args: args, Stdout: out, Stderr: out,
		Host: guest.Host{Name: "guest", Addressing: guest.Addressing{Addrs: []netip.Prefix{at.Address}}},
	}, func(_ *guest.Guest, tap *guest.Tap) error {
		defer tap.Close()
		return j.Plug(tap)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		g.Kill()
		g.Wait()
	})
	return g, j, out
}

func newHub(t *testing.T) (h *hub, c *Client, stop func()) {
	t.Helper()
	if err := guest.Supported(); err != nil {
		t.Skip(err)
	}
	h = &hub{taps: make(map[*guest.Tap]bool), out: make(chan struct{}, 10), news: make(chan any)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /join", h.join)
	c, stop = serving(t, mux)
	return h, c, stop
}

func TestTwoGuestsInOneWorld(t *testing.T) {
	h, c, _ := newHub(t)
	peer.Path(t, "ping", "iputils-ping")
	sleeper, _, _ := joined(t, c, "sleep", "1000")
	pinger, j, out := joined(t, c, "ping", "-n", "-c", "2", "-i", "0.1", "-W", "5", "10.2.0.1")
	if status, err := pinger.Wait(); err != nil || status.Code != 0 {
		t.Errorf("%v, %v:\n%s", status, err, out)
	}
	j.Close()
	<-h.out
	sleeper.Kill()
	sleeper.Wait()
}

func TestWorldOfAGuestEnds(t *testing.T) {
	_, c, stop := newHub(t)
	g, j, out := joined(t, c, "sh", "-c", "while [ $(cat /sys/class/net/eth0/carrier) = 1 ]; do sleep 0.01; done; echo no carrier")
	stop()
	if err := j.Next(nil); err == nil || !strings.Contains(err.Error(), "the world has ended") {
		t.Errorf("the guest's process was told %v", err)
	}
	if _, err := g.Wait(); err != nil || out.String() != "no carrier\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// What the world has to tell comes in order, and its error as it was.
func TestNews(t *testing.T) {
	h, c, _ := newHub(t)
	_, j, _ := joined(t, c, "sleep", "1000")
	for n := range 3 {
		h.news <- place{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 2, 0, byte(n)}), 24)}
	}
	for n := range 3 {
		var at place
		if err := j.Next(&at); err != nil || int(at.Address.Addr().As4()[3]) != n {
			t.Errorf("%d: %v, %v", n, at, err)
		}
	}
	h.news <- errors.New("no address is left")
	if err := j.Next(new(place)); err == nil || err.Error() != "no address is left" {
		t.Errorf("error %v", err)
	}
	<-h.out // after an error there is no lease
}

func TestPlugRefused(t *testing.T) {
	if err := guest.Supported(); err != nil {
		t.Skip(err)
	}
	full := errors.New("the switch has no free port")
	mux := http.NewServeMux()
	mux.HandleFunc("POST /join", func(w http.ResponseWriter, r *http.Request) {
		err := Lease(w, r, place{}, func(context.Context, *guest.Tap) (func(), error) { return nil, full }, nil)
		if !errors.Is(err, full) {
			t.Errorf("lease: %v", err)
		}
	})
	c, _ := serving(t, mux)
	var at place
	j, err := c.Join(t.Context(), "/join", nil, &at)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	_, err = guest.Start(t.Context(), guest.Config{Args: []string{"true"}, Host: guest.Host{Name: "guest"}},
		func(_ *guest.Guest, tap *guest.Tap) error { return j.Plug(tap) })
	if err == nil || !strings.Contains(err.Error(), full.Error()) {
		t.Errorf("error %v", err)
	}
}

// A client that says nothing after the answer, or goes, holds nothing.
func TestJoinedWithoutCard(t *testing.T) {
	left := make(chan error, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /join", func(w http.ResponseWriter, r *http.Request) {
		left <- Lease(w, r, place{}, func(context.Context, *guest.Tap) (func(), error) { return func() {}, nil }, nil)
	})
	c, _ := serving(t, mux)
	j, err := c.Join(t.Context(), "/join", nil, new(place))
	if err != nil {
		t.Fatal(err)
	}
	j.Close()
	if err := <-left; err == nil {
		t.Error("no error from a lease without a card")
	}
}
