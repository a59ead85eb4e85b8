package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/durable"
)

// ChangeFlags sets some flags of messages and clears others. Messages that are
// gone are in the error, as fs.ErrNotExist; the others are changed all the same.
func (f *Folder) ChangeFlags(uids []uint32, set, clear Flags) error {
	return f.Change(uids, Change{Set: set, Clear: clear})
}

// Change is what [Folder.Change] does to messages. What is in both is set.
type Change struct {
	Set, Clear                 Flags
	SetKeywords, ClearKeywords Keywords
}

// Change changes flags and keywords, as ChangeFlags does.
func (f *Folder) Change(uids []uint32, c Change) error {
	return f.change(func() error {
		return f.each(uids, func(m *Message) error {
			now := &found{file: rename(m.file, m.Flags&^c.Clear|c.Set)}
			if c.SetKeywords|c.ClearKeywords != 0 {
				now.file = relabel(now.file, m.Keywords&^c.ClearKeywords|c.SetKeywords)
			}
			if now.file == m.file && !m.New {
				return nil
			}
			err := f.home.Rename(pathIn(m.New, m.file), "cur/"+now.file)
			if err == nil {
				m.take(now)
			}
			return err
		})
	})
}

func pathIn(isNew bool, file string) string {
	if isNew {
		return "new/" + file
	}
	return "cur/" + file
}

// change does something to the names, while others of our kind do not.
func (f *Folder) change(do func() error) error { return change(do, f) }

// change locks the folders in an order that is the same for all, so that two who
// move messages in opposite directions do not wait for each other.
func change(do func() error, folders ...*Folder) error {
	slices.SortFunc(folders, func(a, b *Folder) int { return strings.Compare(a.key, b.key) })
	folders = slices.CompactFunc(folders, func(a, b *Folder) bool { return a.key == b.key })
	for _, f := range folders {
		lock, err := lockIn(f.home, lockFile, true)
		if err != nil {
			return err
		}
		defer lock.Close()
	}
	defer func() {
		for _, f := range folders {
			f.store.watchers.tell(f.key)
		}
	}()
	return do()
}

// Remove deletes messages, for ever. Those that are gone already are no error.
func (f *Folder) Remove(uids []uint32) error {
	return f.change(func() error {
		leave := f.leaving(uids)
		left := leave()
		removed := make(map[uint32]bool, len(uids))
		err := f.each(uids, func(m *Message) error {
			err := f.sub(m).Remove(m.file)
			removed[m.UID] = err == nil || errors.Is(err, fs.ErrNotExist)
			return err
		})
		f.messages = slices.DeleteFunc(f.messages, func(m Message) bool { return removed[m.UID] })
		if left != nil { // a full disk; now there is room
			left = leave()
		}
		return errors.Join(exceptGone(err), left, f.sync())
	})
}

// leaving returns what notes, in the mailbox, what must be known of messages that
// leave the Inbox.
func (f *Folder) leaving(uids []uint32) func() error {
	var names []string
	for _, uid := range uids {
		if m := f.find(uid); m != nil && f.dir == "." {
			names = append(names, m.file)
		}
	}
	return func() error { return f.box.keepReceipts(names) }
}

// exceptGone leaves out that a message does not exist.
func exceptGone(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	return errors.Join(slices.DeleteFunc(slices.Clone(joined.Unwrap()), func(err error) bool { return errors.Is(err, fs.ErrNotExist) })...)
}

// sync brings the names in new and cur to the disk.
func (f *Folder) sync() error {
	return errors.Join(f.syncSub("new"), f.syncSub("cur"))
}

func (f *Folder) syncSub(sub string) error {
	return f.store.syncs.Sync(f.key+"/"+sub, func() error { return durable.SyncFolder(f.home, sub) })
}

// Append stores a message that does not come by mail, such as a copy of what was
// sent. A date that is not zero is said to be when it came. It returns the
// message's UID.
func (f *Folder) Append(ctx context.Context, message io.Reader, flags Flags, date time.Time) (uint32, error) {
	d, err := f.store.write(ctx, f.home, message)
	if err != nil {
		return 0, err
	}
	defer d.discard()
	if !date.IsZero() {
		if err := f.home.Chtimes(d.tmp, date, date); err != nil {
			return 0, err
		}
	}
	base := withSize(d.base, d.size)
	isNew, file := true, base
	if flags != 0 {
		isNew, file = false, rename(base, flags)
	}
	var uids []uint32
	err = f.change(func() error {
		uids, err = f.add([]string{base}, func() error { return link(f.home, d.tmp, pathIn(isNew, file)) })
		return err
	})
	if err != nil {
		return 0, err
	}
	return uids[0], nil
}

// add has put make files of the given bases, and returns their UIDs. The folder
// is locked.
func (f *Folder) add(bases []string, put func() error) ([]uint32, error) {
	if err := errors.Join(put(), f.sync(), f.look()); err != nil {
		return nil, err
	}
	at := make(map[string]uint32, len(f.messages))
	for _, m := range f.messages {
		base, _ := cutName(m.file)
		at[base] = m.UID
	}
	uids := make([]uint32, len(bases))
	for i, base := range bases {
		uids[i] = at[base]
	}
	return uids, nil
}

// Copy makes copies of messages in another folder of the mailbox, and returns
// their UIDs there, in the order of uids. When it fails, some may have been
// copied.
func (f *Folder) Copy(ctx context.Context, uids []uint32, to *Folder) (fresh []uint32, err error) {
	err = to.change(func() error {
		fresh, err = f.transfer(uids, to, func(m *Message, path string) error {
			from := f.path(m)
			err := f.box.home.Link(from, path)
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return f.duplicate(ctx, from, path) // a file system without links
		})
		return err
	})
	return fresh, err
}

func (f *Folder) duplicate(ctx context.Context, from, to string) error {
	file, err := f.box.home.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	d, err := f.store.write(ctx, f.box.home, file)
	if err != nil {
		return err
	}
	defer d.discard()
	return f.box.home.Rename(d.tmp, to)
}

// Move moves messages to another folder of the mailbox, and returns their UIDs
// there, in the order of uids. When it fails, some may have been moved.
func (f *Folder) Move(uids []uint32, to *Folder) (fresh []uint32, err error) {
	err = change(func() error {
		if err := f.leaving(uids)(); err != nil {
			return err
		}
		moved := make(map[uint32]bool, len(uids))
		fresh, err = f.transfer(uids, to, func(m *Message, path string) error {
			err := f.box.home.Rename(f.path(m), path)
			moved[m.UID] = err == nil
			return err
		})
		f.messages = slices.DeleteFunc(f.messages, func(m Message) bool { return moved[m.UID] })
		return errors.Join(err, f.sync())
	}, f, to)
	return fresh, err
}

// transfer has put make a file in the other folder of each message. It has a name
// of its own there, as any message that arrives: the old one may be known to the
// other folder's journal, from when the message was there before.
func (f *Folder) transfer(uids []uint32, to *Folder, put func(m *Message, path string) error) ([]uint32, error) {
	if to.box.dir != f.box.dir {
		return nil, fmt.Errorf("%w: it is another mailbox's", ErrFolder)
	}
	bases := make([]string, len(uids))
	at := make(map[uint32]int, len(uids))
	for i, uid := range uids {
		m := f.find(uid)
		if m == nil {
			return nil, gone(uid)
		}
		old, _ := cutName(m.file)
		bases[i], at[uid] = f.store.newName(), i
		if stored, ok := attribute(old, 'S'); ok {
			bases[i] += ",S=" + stored
		}
		bases[i] += fmt.Sprintf(",W=%d", m.Size)
	}
	return to.add(bases, func() error {
		return f.each(uids, func(m *Message) error {
			_, letters := cutName(m.file)
			return put(m, to.dir+"/cur/"+relabel(bases[at[m.UID]]+infoMark+letters, f.carry(m.Keywords, to)))
		})
	})
}
