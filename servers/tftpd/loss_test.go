package tftpd_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/servers/tftpd"
)

// lossySizes are those of the files that cross the bad cable.
var lossySizes = []int{0, 1, 511, 512, 513, 1024, 4000, 8192}

// twoHosts are on a switch, and each frame to or from the server may be lost,
// doubled, or overtaken.
func twoHosts(t *testing.T, c clock.Clock, faults string) (in *internet.Internet, alice, server *internet.Host) {
	in = internet.New(internet.Config{Seed: 7, Clock: c})
	t.Cleanup(in.Close)
	lan, err := in.AddSwitch("lan")
	if err != nil {
		t.Fatal(err)
	}
	host := func(name, address string) *internet.Host {
		h, err := in.AddHost(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Connect(lan, internet.CardConfig{Addrs: []netip.Prefix{netip.MustParsePrefix(address)}}); err != nil {
			t.Fatal(err)
		}
		return h
	}
	alice, server = host("alice", "192.0.2.1/24"), host("server", "192.0.2.69/24")
	wrong, err := internet.ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	for _, direction := range []internet.Direction{internet.FromA, internet.FromB} {
		if err := in.Link("server").SetFaults(direction, wrong); err != nil {
			t.Fatal(err)
		}
	}
	return in, alice, server
}

// TestLoss: 100 files each way over a cable that loses a fifth of all frames,
// and doubles and reorders others, arrive as they were. Whenever nothing is said,
// because everybody waits, the clock is moved.
func TestLoss(t *testing.T) {
	now := clock.NewMovable()
	in, alice, host := twoHosts(t, now, "loss=20%,dup=10%,reorder=10%")
	files := make(fstest.MapFS)
	for _, size := range lossySizes {
		files[fileName(size)] = &fstest.MapFile{Data: content(size), Mode: 0o644}
	}
	const patient = 25
	s := &tftpd.Server{FS: files, Writable: ".", Retries: patient, Clock: now}
	startOn(t, t.Context(), host, s)
	var wait sync.WaitGroup
	var resent atomic.Int64
	for i := range 100 {
		size := lossySizes[i%len(lossySizes)]
		c := tftpc.Client{Network: alice, Clock: now, Retries: patient, Linger: 20 * time.Second}
		if i%3 == 1 {
			c.BlockSize, c.Size = 1000, true
		}
		if i%3 == 2 {
			c.WindowSize = 4
		}
		wait.Go(func() {
			var got bytes.Buffer
			r, err := c.Get(t.Context(), "192.0.2.69", fileName(size), &got)
			if err != nil || !bytes.Equal(got.Bytes(), content(size)) {
				t.Errorf("got %d of %d bytes, %+v: %v", got.Len(), size, r, err)
			}
			resent.Add(int64(r.Resent))
		})
		wait.Go(func() {
			name := fmt.Sprintf("up-%d", i)
			r, err := c.Put(t.Context(), "192.0.2.69", name, bytes.NewReader(content(size)))
			if err != nil {
				t.Errorf("put %s: %+v: %v", name, r, err)
				return
			}
			resent.Add(int64(r.Resent))
			var back bytes.Buffer
			if r, err := c.Get(t.Context(), "192.0.2.69", name, &back); err != nil || !bytes.Equal(back.Bytes(), content(size)) {
				t.Errorf("got back %d of %d bytes, %+v: %v", back.Len(), size, r, err)
			}
		})
	}
	done := make(chan struct{})
	go func() { wait.Wait(); close(done) }()
	for waiting := true; waiting; {
		in.Settle()
		now.Skip(200 * time.Millisecond)
		select {
		case <-done:
			waiting = false
		default:
		}
	}
	if resent.Load() < 100 {
		t.Errorf("only %d datagrams were sent again: the cable is not bad enough", resent.Load())
	}
}
