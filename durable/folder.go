package durable

import (
	"errors"
	"io/fs"
	"os"
	"sync"
)

// SyncFolder brings the names in a folder to the disk. Systems that cannot do so
// for a folder do not need it.
func SyncFolder(root *os.Root, name string) error {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// Replace gives a file a new content, all at once.
func Replace(root *os.Root, name string, content []byte) error {
	fresh := name + ".new"
	file, err := root.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = root.Rename(fresh, name)
	}
	if err != nil {
		root.Remove(fresh)
		return err
	}
	return SyncFolder(root, ".")
}

// Folders brings the names in folders to the disk. An fsync takes as long for one
// new name as for a hundred, so those that come while one runs share the next. The
// zero value works.
type Folders struct {
	mu   sync.Mutex
	open map[string]*folder
}

type folder struct {
	users   int
	running sync.Mutex // held by the round that runs
	next    *round     // the one that can still be joined
}

type round struct {
	done chan struct{}
	err  error
}

// Sync returns when all names that were in the folder before are on the disk. The
// folder is known by its key; the first of a round calls its fsync for all.
func (f *Folders) Sync(key string, fsync func() error) error {
	dir, round, first := f.join(key)
	defer f.leave(key, dir)
	if !first {
		<-round.done
		return round.err
	}
	dir.running.Lock()
	defer dir.running.Unlock()
	f.mu.Lock()
	dir.next = nil // who comes now may have come too late for this one
	f.mu.Unlock()
	round.err = fsync()
	close(round.done)
	return round.err
}

func (f *Folders) join(key string) (dir *folder, r *round, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		f.open = make(map[string]*folder)
	}
	dir = f.open[key]
	if dir == nil {
		dir = &folder{}
		f.open[key] = dir
	}
	dir.users++
	if first = dir.next == nil; first {
		dir.next = &round{done: make(chan struct{})}
	}
	return dir, dir.next, first
}

func (f *Folders) leave(key string, dir *folder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if dir.users--; dir.users == 0 {
		delete(f.open, key)
	}
}
