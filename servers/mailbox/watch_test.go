package mailbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestWaiting: what this process does is told at once, what another does within
// seconds, and nothing is told when nothing happens.
func TestWaiting(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		m := open(t, openStore(t, dir, Config{}), "alice")
		inbox := look(t, m, Inbox)
		waited := func(change func()) time.Duration {
			start := time.Now()
			time.AfterFunc(time.Second, change)
			if err := inbox.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			refresh(t, inbox)
			return time.Since(start)
		}
		calm := func() { // long ago, by the bubble's clock
			long := time.Now().Add(-time.Hour)
			for _, sub := range []string{"new", "cur"} {
				if err := os.Chtimes(filepath.Join(dir, "alice", sub), long, long); err != nil {
					t.Fatal(err)
				}
			}
			inbox.settled = false
			refresh(t, inbox)
		}
		if took := waited(func() { deliver(t, m, "a") }); took != time.Second {
			t.Errorf("a delivery is heard of after %v", took)
		}
		expect(t, inbox, "1*::a")
		other := open(t, openStore(t, dir, Config{}), "alice")
		calm()
		if took := waited(func() { deliver(t, other, "b") }); took != pollEvery {
			t.Errorf("another process's delivery is heard of after %v", took)
		}
		expect(t, inbox, "1*::a 2*::b")
		calm()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := inbox.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing happened, and Wait says %v", err)
		}
		// A change between the view and Wait is not missed.
		deliver(t, m, "c")
		if took := waited(func() {}); took != 0 {
			t.Errorf("it took %v", took)
		}
		expect(t, inbox, "1*::a 2*::b 3*::c")
		time.Sleep(time.Second)
	})
}

// TestRefreshOfAFolderThatDidNotChange reads no names.
func TestRefreshOfAFolderThatDidNotChange(t *testing.T) {
	m, inbox := alice(t, "a")
	box := filepath.Join(m.store.path, "alice")
	long := time.Now().Add(-time.Minute)
	for _, sub := range []string{"new", "cur"} {
		if err := os.Chtimes(filepath.Join(box, sub), long, long); err != nil {
			t.Fatal(err)
		}
	}
	refresh(t, inbox)
	write(t, box+"/cur/x", "behind its back")
	if err := os.Chtimes(box+"/cur", long, long); err != nil {
		t.Fatal(err)
	}
	refresh(t, inbox)
	expect(t, inbox, "1*::a")
}
