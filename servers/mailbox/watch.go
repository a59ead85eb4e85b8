package mailbox

import (
	"context"
	"os"
	"sync"
	"time"
)

// watchers are the folders that are open in this process, so that those who wait
// for a change hear of it at once.
type watchers struct {
	mu      sync.Mutex
	folders map[string]*watched
}

type watched struct {
	users   int
	changed chan struct{} // closed at the next change
}

func (w *watchers) enter(folder string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.folders == nil {
		w.folders = make(map[string]*watched)
	}
	if w.folders[folder] == nil {
		w.folders[folder] = &watched{changed: make(chan struct{})}
	}
	w.folders[folder].users++
}

func (w *watchers) leave(folder string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.folders[folder]; f.users > 1 {
		f.users--
		return
	}
	delete(w.folders, folder)
}

// next is a channel that will be closed at the next change.
func (w *watchers) next(folder string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.folders[folder].changed
}

// tell says that a folder has changed.
func (w *watchers) tell(folder string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.folders[folder]; f != nil {
		close(f.changed)
		f.changed = make(chan struct{})
	}
}

// pollEvery is how often a folder is looked at for what other processes did.
const pollEvery = 5 * time.Second

// Wait returns nil when the folder may have changed since the last Refresh: at
// once when this process changed it, and within seconds when another did. It
// returns ctx's error when ctx ends first.
func (f *Folder) Wait(ctx context.Context) error {
	tick := make(chan struct{}, 1)
	timer := f.store.clock.AfterFunc(pollEvery, func() { tick <- struct{}{} })
	defer timer.Stop()
	for {
		select {
		case <-f.changed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-tick:
			if !f.unchanged() {
				return nil
			}
			timer.Reset(pollEvery)
		}
	}
}

// stamps are when names were last added to or taken from new and cur.
type stamps struct{ fresh, cur time.Time }

// settled says whether the stamps are old enough: a change within the same tick
// of the file system's clock would leave the same stamp.
func (s stamps) settled() bool {
	const tick = 2 * time.Second
	return time.Since(s.fresh) > tick && time.Since(s.cur) > tick
}

func (f *Folder) readStamps() (stamps, error) {
	var s stamps
	for dir, at := range map[*os.Root]*time.Time{f.fresh: &s.fresh, f.cur: &s.cur} {
		info, err := dir.Stat(".")
		if err != nil {
			return s, err
		}
		*at = info.ModTime()
	}
	return s, nil
}

// unchanged says that a look at the names would show what the last one showed.
func (f *Folder) unchanged() bool {
	if !f.settled {
		return false
	}
	now, err := f.readStamps()
	return err == nil && now == f.seen
}
