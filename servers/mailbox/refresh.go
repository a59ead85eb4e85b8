package mailbox

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/wirebook/wirebook/protocol/mail"
)

// ErrJournal is that a folder's journal could not be written: the disk is full,
// perhaps. The view is there all the same, so that somebody can make room, but its
// UIDs are good for this view only.
var ErrJournal = errors.New("mailbox: the journal of UIDs cannot be written")

// Refresh brings the view up to date: it reads the names of the messages, and
// gives UIDs to those that have none.
func (f *Folder) Refresh() error {
	f.changed = f.store.watchers.next(f.key)
	if f.unchanged() {
		return nil
	}
	lock, err := lockIn(f.home, lockFile, true)
	if err != nil {
		return err
	}
	defer lock.Close()
	return f.look()
}

// look is Refresh for those who have the lock.
func (f *Folder) look() error {
	now, err := f.readStamps()
	if err != nil {
		return err
	}
	names, err := f.readNames()
	if err != nil {
		return err
	}
	if err := f.readKeywords(); err != nil {
		f.store.log.Warn("mailbox: keywords", "mailbox", f.box.user, "folder", f.name, "error", err)
	}
	err = f.number(names)
	f.seen, f.settled = now, err == nil && now.settled()
	return err
}

// found is the name of a file in new or cur.
type found struct {
	file string
	new  bool
	uid  uint32
	size int64
}

func (m *Message) take(now *found) {
	_, letters := cutName(now.file)
	m.file, m.New = now.file, now.new
	m.Flags, m.Keywords = parseFlags(letters), parseKeywords(letters)
}

// readNames returns all names by their bases. New is read first: a message that is
// moved to cur meanwhile is seen twice, and not never.
func (f *Folder) readNames() (map[string]*found, error) {
	names := make(map[string]*found, len(f.messages))
	for _, sub := range []struct {
		root *os.Root
		new  bool
	}{{f.fresh, true}, {f.cur, false}} {
		err := eachName(sub.root, ".", func(name string) {
			base, _ := cutName(name)
			names[base] = &found{file: name, new: sub.new}
		})
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// eachName calls see for each message's name in a directory.
func eachName(root *os.Root, name string, see func(string)) error {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(1024)
		for _, name := range names {
			if isMessage(name) {
				see(name)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// number makes the view of the names: with the UIDs that are in the journal, and
// with new ones, which are then added to it.
func (f *Folder) number(names map[string]*found) error {
	j, err := readJournal(f.home, names)
	if err != nil {
		return err
	}
	var failed error
	if j.damaged {
		j.validity, failed = f.box.newValidity()
		j.next = 1
	}
	fresh := f.newcomers(names)
	for _, n := range fresh {
		n.uid = j.next
		j.next++
	}
	all := make([]*found, 0, len(names))
	for _, n := range names {
		if n.uid != 0 {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b *found) int { return cmp.Compare(a.uid, b.uid) })
	switch {
	case failed != nil:
	case j.damaged || j.lines+len(fresh) > 1000+2*len(all):
		failed = j.rewrite(f.home, all)
	case len(fresh) > 0:
		failed = j.add(f.home, fresh)
	}
	f.validity, f.next = j.validity, j.next
	f.messages = make([]Message, len(all))
	for i, n := range all {
		f.messages[i].take(n)
		f.messages[i].UID, f.messages[i].Size = n.uid, n.size
	}
	if failed != nil {
		return fmt.Errorf("%w: %w", ErrJournal, failed)
	}
	return nil
}

// newcomers are those without a UID, in the order in which they came, with their
// sizes.
func (f *Folder) newcomers(names map[string]*found) []*found {
	type newcomer struct {
		*found
		base string
		arrival
	}
	var fresh []newcomer
	for base, n := range names {
		if n.uid != 0 {
			continue
		}
		if n.size = sizeInName(base); n.size < 0 {
			var err error
			if n.size, err = f.measure(n); errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				f.store.log.Warn("mailbox: a message cannot be read", "mailbox", f.box.user, "folder", f.name, "file", n.file, "error", err)
				continue
			}
		}
		fresh = append(fresh, newcomer{n, base, arrivalOf(base)})
	}
	slices.SortFunc(fresh, func(a, b newcomer) int { return cmp.Or(a.arrival.compare(b.arrival), cmp.Compare(a.base, b.base)) })
	all := make([]*found, len(fresh))
	for i := range fresh {
		all[i] = fresh[i].found
	}
	return all
}

// measure reads a message to count its octets.
func (f *Folder) measure(n *found) (int64, error) {
	file, err := f.sub(&Message{New: n.new}).Open(n.file)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return io.Copy(io.Discard, mail.NewCRLFReader(file))
}
