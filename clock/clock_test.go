package clock

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal notes, in order, what happened.
type journal struct {
	mu      sync.Mutex
	entries []string
}

func (j *journal) note(what string) func() {
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.entries = append(j.entries, what)
	}
}

func (j *journal) check(t *testing.T, want ...string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Equal(j.entries, want) {
		t.Errorf("happened: %q, want %q", j.entries, want)
	}
}

func TestMovableRunsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := NewMovable()
		c.AfterFunc(2*time.Second, j.note("two"))
		c.AfterFunc(1*time.Second, j.note("one"))
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		j.check(t, "one")
		time.Sleep(time.Second)
		synctest.Wait()
		j.check(t, "one", "two")
	})
}

func TestSkipRunsWhatIsDueInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := NewMovable()
		c.AfterFunc(10*time.Hour, j.note("rebinding"))
		c.AfterFunc(12*time.Hour, j.note("expiry"))
		c.AfterFunc(6*time.Hour, j.note("renewal"))
		c.AfterFunc(13*time.Hour, j.note("never"))
		start := c.Now()
		c.Skip(12 * time.Hour)
		synctest.Wait()
		j.check(t, "renewal", "rebinding", "expiry")
		if moved := c.Now().Sub(start); moved < 12*time.Hour || moved > 12*time.Hour+time.Minute {
			t.Errorf("moved by %v", moved)
		}
	})
}

// A renewal sets the next one: a day of a lease renewed every half hour.
func TestSkipIncludesTimersSetOnTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewMovable()
		var renewals []time.Duration
		start := c.Now()
		var renew func()
		renew = func() {
			renewals = append(renewals, c.Now().Sub(start).Round(time.Minute))
			c.AfterFunc(30*time.Minute, renew)
		}
		c.AfterFunc(30*time.Minute, renew)
		c.Skip(24 * time.Hour)
		synctest.Wait()
		if len(renewals) < 47 || renewals[0] != 30*time.Minute || renewals[1] != time.Hour {
			t.Errorf("%d renewals: %v", len(renewals), renewals)
		}
	})
}

func TestSkipWaitsUntilTheWorldIsAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := NewMovable()
		c.OnSettle(func() {
			time.Sleep(time.Second)
			j.note("at rest")()
		})
		c.AfterFunc(time.Hour, func() { time.Sleep(100 * time.Millisecond); j.note("first")() })
		c.AfterFunc(2*time.Hour, j.note("second"))
		c.Skip(3 * time.Hour)
		j.check(t, "first", "at rest", "second", "at rest")
	})
}

func TestStopAndReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := NewMovable()
		stopped := c.AfterFunc(time.Second, j.note("stopped"))
		if !stopped.Stop() || stopped.Stop() {
			t.Error("Stop must report true once, then false")
		}
		sooner := c.AfterFunc(time.Hour, j.note("sooner"))
		if !sooner.Reset(time.Second) {
			t.Error("Reset of a waiting timer must report true")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		j.check(t, "sooner")
		if sooner.Reset(time.Second) {
			t.Error("Reset of a timer that has rung must report false")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		j.check(t, "sooner", "sooner")
	})
}

func TestSleepAndTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewMovable()
		if err := Sleep(t.Context(), c, time.Minute); err != nil {
			t.Error(err)
		}
		ctx, cancel := WithTimeout(t.Context(), c, time.Minute)
		defer cancel()
		if err := Sleep(ctx, c, time.Hour); err == nil || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Errorf("got %v, cause %v", err, context.Cause(ctx))
		}
	})
}

// Whatever is set, moved and stopped, every timer rings exactly once at its
// time, or not at all when it was stopped.
func TestTimersRingOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		delays := rapid.SliceOfN(rapid.IntRange(1, 1000), 1, 40).Draw(rt, "delays")
		stops := rapid.SliceOfN(rapid.Bool(), len(delays), len(delays)).Draw(rt, "stops")
		resets := rapid.SliceOfN(rapid.IntRange(0, 1000), len(delays), len(delays)).Draw(rt, "resets")
		synctest.Test(t, func(*testing.T) {
			c := NewMovable()
			c.OnSettle(synctest.Wait)
			start := c.Now()
			rang := make([][]time.Duration, len(delays))
			for i, d := range delays {
				timer := c.AfterFunc(time.Duration(d)*time.Minute, func() { rang[i] = append(rang[i], c.Now().Sub(start)) })
				if resets[i] > 0 {
					timer.Reset(time.Duration(resets[i]) * time.Minute)
				}
				if stops[i] {
					timer.Stop()
				}
			}
			c.Skip(1001 * time.Minute)
			synctest.Wait()
			for i, d := range delays {
				if resets[i] > 0 {
					d = resets[i]
				}
				want := []time.Duration{time.Duration(d) * time.Minute}
				if stops[i] {
					want = nil
				}
				if !slices.Equal(rang[i], want) {
					rt.Errorf("timer %d rang at %v, want %v", i, rang[i], want)
				}
			}
		})
	})
}

func BenchmarkResetOneOfMany(b *testing.B) {
	c := NewMovable()
	for range 1000 {
		defer c.AfterFunc(time.Hour, func() {}).Stop()
	}
	timer := c.AfterFunc(time.Minute, func() {})
	defer timer.Stop()
	for b.Loop() {
		timer.Reset(time.Minute)
	}
}
