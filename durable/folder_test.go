package durable

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSharedSync: those that come while an fsync runs share the next, and none
// returns before an fsync that began after it came.
func TestSharedSync(t *testing.T) {
	var d Folders
	var ran atomic.Int32
	hold, begun := make(chan bool), make(chan bool)
	slow := func() error {
		ran.Add(1)
		begun <- true
		<-hold
		return nil
	}
	var all sync.WaitGroup
	all.Go(func() { d.Sync("x", slow) })
	<-begun
	failure := errors.New("disk on fire")
	for range 10 {
		all.Go(func() {
			if err := d.Sync("x", func() error { ran.Add(1); return failure }); err != failure {
				t.Error(err)
			}
		})
	}
	for joined := 0; joined < 11; { // until all ten wait
		d.mu.Lock()
		joined = d.open["x"].users
		d.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	hold <- true
	all.Wait()
	if ran.Load() != 2 || len(d.open) != 0 {
		t.Errorf("%d fsyncs, %d folders left", ran.Load(), len(d.open))
	}
}
