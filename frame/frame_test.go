package frame

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEndsOfAFrame(t *testing.T) {
	link := &Link{Name: "alice", A: Node{"alice", Host}, B: Node{"campus", Switch}}
	there, back := Frame{Link: link}, Frame{Link: link, FromB: true}
	if there.From().Name != "alice" || there.To().Name != "campus" {
		t.Errorf("from %v to %v", there.From(), there.To())
	}
	if back.From().Name != "campus" || back.To().Name != "alice" {
		t.Errorf("from %v to %v", back.From(), back.To())
	}
}

func TestFate(t *testing.T) {
	for fate, arrived := range map[Fate]bool{0: true, Lost: false, Overrun: false, Doubled: true, Changed | Reordered: true, Doubled | Lost: false} {
		if fate.Arrived() != arrived {
			t.Errorf("%b: arrived is %v", fate, !arrived)
		}
	}
}

func readAll(t *testing.T, r *Ring, n int) []uint64 {
	t.Helper()
	var ids []uint64
	frames := make([]Frame, 3)
	for len(ids) < n {
		got, err := r.Read(t.Context(), frames)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames[:got] {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

func TestRingKeepsOrder(t *testing.T) {
	r := NewRing(8)
	for id := range uint64(8) {
		r.See(Frame{ID: id})
	}
	for want, got := range readAll(t, r, 8) {
		if got != uint64(want) {
			t.Errorf("frame %d came at place %d", got, want)
		}
	}
	if r.Missed() != 0 {
		t.Errorf("missed %d", r.Missed())
	}
}

func TestRingOverwritesTheOldestAndCounts(t *testing.T) {
	r := NewRing(5) // holds 8
	for id := range uint64(20) {
		r.See(Frame{ID: id})
	}
	if got := readAll(t, r, 8); got[0] != 12 || got[7] != 19 {
		t.Errorf("read %v", got)
	}
	if r.Missed() != 12 {
		t.Errorf("missed %d, want 12", r.Missed())
	}
}

func TestRingReaderWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRing(4)
		got := make(chan uint64)
		go func() {
			var one [1]Frame
			for range 3 {
				r.Read(context.Background(), one[:])
				got <- one[0].ID
			}
		}()
		for id := range uint64(3) {
			synctest.Wait()
			r.See(Frame{ID: id})
			if seen := <-got; seen != id {
				t.Errorf("read %d, want %d", seen, id)
			}
		}
	})
}

func TestRingReadEndsWithItsContext(t *testing.T) {
	r := NewRing(4)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.See(Frame{ID: 7})
	var one [1]Frame
	if n, err := r.Read(ctx, one[:]); n != 1 || err != nil {
		t.Errorf("what was there: %d, %v", n, err)
	}
	if n, err := r.Read(ctx, one[:]); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("after it: %d, %v", n, err)
	}
	// The reader has left while it was waiting: the network must not notice.
	for id := range uint64(100) {
		r.See(Frame{ID: id})
	}
}

func TestRingManyWriters(t *testing.T) {
	r := NewRing(1 << 12)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 1000 {
				r.See(Frame{ID: 1})
			}
		})
	}
	read := uint64(len(readAll(t, r, 3000)))
	writers.Wait()
	if left := r.seen - read - r.Missed(); left != 4000-read-r.Missed() {
		t.Errorf("read %d, missed %d, left %d", read, r.Missed(), left)
	}
}

func BenchmarkRingSee(b *testing.B) {
	r := NewRing(1 << 12)
	for b.Loop() {
		r.See(Frame{ID: 1})
	}
}
