package internet

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet/forward"
)

// alicesWords remembers what alice herself said.
type alicesWords struct{ recent }

func (w *alicesWords) See(f frame.Frame) {
	if f.Link.Name == "alice" && !f.FromB {
		w.recent.See(f)
	}
}

// answersFromOutside remembers what r2 sends to r1, for bob and for itself.
type answersFromOutside struct{ recent }

func (w *answersFromOutside) See(f frame.Frame) {
	if f.Link.Name == "r2" && !f.FromB {
		f.Hop = 0 // recent wants nothing that was forwarded, as a rule
		w.recent.See(f)
	}
}

// TestMutatedFramesAtARouter throws frames at a router that are nearly what
// alice sends through it and to it, with something changed. Neither it, nor the
// router behind it, nor bob may fall over.
func TestMutatedFramesAtARouter(t *testing.T) { mutateAtARouter(t, nil) }

// TestMutatedFramesAtANAT does so to a router that translates addresses, from both
// of its sides.
func TestMutatedFramesAtANAT(t *testing.T) {
	mutateAtARouter(t, &forward.NAT{
		Outside: 1, FTP: true, MaxPerHost: 1 << 14, MaxSessions: 1 << 14,
		Forward: []forward.PortForward{{Protocol: forward.TCP, Port: 7, To: netip.MustParseAddrPort("10.0.1.10:7")}},
	})
}

func mutateAtARouter(t *testing.T, nat *forward.NAT) {
	now := clock.NewMovable()
	r := newRoad(t, roadConfig{Config: Config{Clock: now}, middleMTU: 1280})
	if err := r.r1.SetNAT(nat); err != nil {
		t.Fatal(err)
	}
	ignore := func([]byte) {}
	mallory := try(r.nodes["left"].(*Switch).Attach("mallory", frame.Node{Name: "mallory"}, ignore))(t)
	marvin := try(r.middle.Attach("marvin", frame.Node{Name: "marvin"}, ignore))(t)
	heard, answered := &alicesWords{}, &answersFromOutside{}
	defer r.Tap(heard)()
	defer r.Tap(answered)()
	ctx, stop := context.WithCancel(context.Background())
	var talk sync.WaitGroup
	serveEcho(t, &talk, ctx, r.bob)
	serveEcho(t, &talk, ctx, &r.r1.Host)
	for _, address := range []string{"10.0.3.10:7", "[fd00:3::10]:7", "10.0.2.1:7", "[fd00:2::1]:7"} {
		talk.Go(func() { keepTalking(ctx, r.alice, "tcp", address) })
		talk.Go(func() { keepTalking(ctx, r.alice, "udp", address) })
	}
	talk.Go(func() { keepSending(ctx, r.alice, "10.0.3.10:7", 1400) }) // r1 must cut these
	talk.Go(func() { keepProbing(ctx, r.alice) })
	talk.Go(func() {
		for ctx.Err() == nil { // a page shows the table
			r.r1.Mappings()
			time.Sleep(time.Millisecond)
		}
	})

	rng := rand.New(rand.NewPCG(3, 4))
	for n := range mutations(t) {
		if nat != nil && n%2 == 0 {
			marvin.Send(mutate(rng, answered.pick(rng), answered.pick(rng)))
		} else {
			mallory.Send(mutate(rng, heard.pick(rng), heard.pick(rng)))
		}
		for r.r1.cards[0].in.used.Load() > inboxSize/2 || r.r1.cards[1].in.used.Load() > inboxSize/2 {
			time.Sleep(10 * time.Microsecond) // or else most would be lost
		}
		if n%2048 == 0 {
			now.Skip(time.Second)
		}
	}
	if kinds := heard.kinds(); len(kinds) < 7 {
		t.Errorf("alice said too little to make mutations of: %v", kinds)
	}
	stop()
	talk.Wait()
	if nat != nil {
		t.Logf("%d mappings, and when the liars are forgotten:", len(r.r1.Mappings()))
		now.Skip(3 * time.Hour)
		t.Logf("%d", len(r.r1.Mappings()))
	}

	for _, address := range []string{"10.0.3.10:0", "[fd00:3::10]:0"} {
		if err := answers(now, r.alice, r.bob, address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"10.0.2.1:0", "[fd00:1::1]:0"} {
		if err := answers(now, r.alice, &r.r1.Host, address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	counts := r.r1.Counters()
	t.Logf("r1: %+v", counts)
	if len(counts.Dropped) < 6 || counts.Answered == 0 || counts.Forwarded == 0 {
		t.Errorf("the mutations did not reach much: %+v", counts)
	}
}

func keepSending(ctx context.Context, h *Host, address string, size int) {
	c, err := h.DialContext(ctx, "udp", address)
	if err != nil {
		return
	}
	defer c.Close()
	for ctx.Err() == nil {
		c.Write(make([]byte, size))
		time.Sleep(time.Millisecond)
	}
}

// keepProbing does what ping and traceroute do, without waiting for answers.
func keepProbing(ctx context.Context, h *Host) {
	for n := 0; ctx.Err() == nil; n++ {
		for _, to := range []string{"10.0.3.10", "fd00:3::10", "10.0.2.1", "fe80::1", "10.0.3.77", "192.0.2.1"} {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
			h.Ping(ctx, netip.MustParseAddr(to))
			cancel()
		}
	}
}
