package clock

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAFrozenClockStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := NewMovable()
		c.AfterFunc(time.Second, j.note("rung"))
		start := c.Now()
		thaw := c.Freeze()
		time.Sleep(time.Hour)
		synctest.Wait()
		j.check(t)
		if !c.Frozen() || !c.Now().Equal(start) || c.Since(start) != 0 {
			t.Errorf("an hour later it shows %v, want %v", c.Now(), start)
		}
		thaw()
		thaw()
		if c.Frozen() || !c.Now().Equal(start) {
			t.Errorf("thawed, it shows %v, want %v", c.Now(), start)
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		j.check(t)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		j.check(t, "rung")
		if since := c.Since(start); since != time.Second {
			t.Errorf("%v have passed on it, want a second", since)
		}
	})
}

func TestEachFreezeIsThawed(t *testing.T) {
	c := NewMovable()
	first, second := c.Freeze(), c.Freeze()
	first()
	first()
	if !c.Frozen() {
		t.Error("it runs, though one Freeze is left")
	}
	second()
	if c.Frozen() {
		t.Error("it stands, though all are thawed")
	}
}

func TestAFrozenClockIsMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := NewMovable()
		c.OnSettle(synctest.Wait)
		c.AfterFunc(time.Minute, j.note("minute"))
		c.AfterFunc(time.Hour, j.note("hour"))
		defer c.Freeze()()
		start := c.Now()
		c.Skip(30 * time.Minute)
		j.check(t, "minute")
		if moved, ok := c.SkipToNext(); !ok || moved != 30*time.Minute {
			t.Errorf("the next timer was %v away (%v), want 30 min", moved, ok)
		}
		j.check(t, "minute", "hour")
		if since := c.Since(start); since != time.Hour || !c.Frozen() {
			t.Errorf("it was moved by %v, want an hour; frozen: %v", since, c.Frozen())
		}
		if _, ok := c.SkipToNext(); ok {
			t.Error("there was a timer left")
		}
	})
}

// What is due at once does not wait for the clock to go on.
func TestAFrozenClockRingsWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := NewMovable()
		defer c.Freeze()()
		c.AfterFunc(0, j.note("now"))
		c.AfterFunc(time.Nanosecond, j.note("later"))
		time.Sleep(time.Hour)
		synctest.Wait()
		j.check(t, "now")
	})
}

func TestSkipToNextLetsARunningClockRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		c := NewMovable()
		c.OnSettle(synctest.Wait)
		c.AfterFunc(time.Hour, j.note("first"))
		c.AfterFunc(2*time.Hour, j.note("second"))
		if moved, ok := c.SkipToNext(); !ok || moved != time.Hour {
			t.Errorf("moved %v, %v", moved, ok)
		}
		j.check(t, "first")
		time.Sleep(time.Hour)
		synctest.Wait()
		j.check(t, "first", "second")
	})
}

func BenchmarkSince(b *testing.B) {
	c := NewMovable()
	start := c.Now()
	for b.Loop() {
		c.Since(start)
	}
}
