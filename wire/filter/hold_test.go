package filter

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/dnsc"
	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/world"
)

// A class looks at a resolver's work: DNS is held and goes on a message at a time,
// while everything else runs. The last answer is forged, and alice believes it.
func TestSteppingThroughALookup(t *testing.T) {
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Start(t.Context(), plan, world.Options{Clock: clock.NewMovable(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	names, err := Parse("dns", "alice", "dns")
	if err != nil {
		t.Fatal(err)
	}
	hold := w.Internet.Hold()
	hold.Begin(internet.HoldOptions{Match: names.Frames(Known{Owners: w.Owners()})})
	defer hold.End()

	type answer struct {
		addrs []netip.Addr
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		stub := dnsc.Client{Network: w.Host("alice"), Clock: w.Clock()}
		addrs, err := stub.LookupHost(t.Context(), "www.example.com", w.Resolvers("alice"), nil)
		answered <- answer{addrs, err}
	}()
	var said []string
	for {
		next, ok := <-waiting(t, hold, answered)
		if !ok {
			break
		}
		var p packet.Packet
		p.Decode(next.Data)
		said = append(said, w.NameOf(p.From)+" to "+w.NameOf(p.To))
		if real := []byte{203, 0, 113, 80}; w.NameOf(p.To) == "alice" && bytes.Contains(next.Data, real) {
			forged := bytes.ReplaceAll(next.Data, real, []byte{203, 0, 113, 99})
			if err := hold.Edit(next.ID, forged, true); err != nil {
				t.Fatal(err)
			}
		}
		if err := hold.Release(next.ID); err != nil {
			t.Fatal(err)
		}
	}
	got := <-answered
	if got.err != nil || !slices.Contains(got.addrs, netip.MustParseAddr("203.0.113.99")) {
		t.Errorf("alice was told %v, %v", got.addrs, got.err)
	}
	for _, want := range []string{"alice to dns", "dns to root", "root to dns", "dns to tld-com", "tld-com to dns", "dns to ns1", "dns to alice"} {
		if want == "dns to ns1" && slices.Contains(said, "dns to ns2") {
			continue // either will do
		}
		if !slices.Contains(said, want) {
			t.Errorf("nobody saw %q among %q", want, said)
		}
	}
}

// waiting is the next frame that waits; it is closed when the answer has come.
func waiting[T any](t *testing.T, hold *internet.Hold, answered chan T) <-chan internet.HeldFrame {
	t.Helper()
	next := make(chan internet.HeldFrame, 1)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if frames := hold.Frames(); len(frames) > 0 {
			next <- frames[0]
			return next
		}
		if len(answered) > 0 {
			close(next)
			return next
		}
	}
	t.Fatal("neither a frame nor an answer within 30 seconds")
	return nil
}

// All that alice does over HTTP waits, in a world whose time stands; who lets it go
// lets time go on.
func TestHoldingOneHost(t *testing.T) {
	now := clock.NewMovable()
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Start(t.Context(), plan, world.Options{Clock: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	web, err := Parse("host alice and port 80")
	if err != nil {
		t.Fatal(err)
	}
	hold := w.Internet.Hold()
	hold.Begin(internet.HoldOptions{Match: web.Frames(Known{Owners: w.Owners()})})
	defer hold.End()
	read := func(host string) chan error {
		done := make(chan error, 1)
		go func() {
			conn, err := w.Host(host).DialContext(t.Context(), "tcp", "203.0.113.80:80")
			if err == nil {
				_, _ = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
				_, err = io.Copy(io.Discard, conn)
				conn.Close()
			}
			done <- err
		}()
		return done
	}
	alice := read("alice")
	for hold.State().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	if !now.Frozen() {
		t.Error("time goes on, though a frame waits")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case err := <-read("bob"):
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Error("bob waits, too")
	}
	if len(alice) > 0 {
		t.Error("alice has not waited")
	}
	hold.End()
	if err := <-alice; err != nil {
		t.Error(err)
	}
	if now.Frozen() {
		t.Error("time stands, though nothing waits")
	}
}
