package mailbox

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/wirebook/wirebook/protocol/mail"
)

// Folder is one session's view of a folder. The view stays as it is until the
// session calls Refresh, whatever others do to the messages meanwhile. It is for
// one goroutine at a time.
type Folder struct {
	box      *Mailbox
	store    *Store
	name     string
	dir      string // in the mailbox; "." is the Inbox
	key      string // in the store
	home     *os.Root
	fresh    *os.Root // "new"
	cur      *os.Root
	shortcut *shortcut // nil where messages are read through fresh and cur only

	validity uint32
	next     uint32 // the UID that the next message gets
	messages []Message
	keywords []string // by letter

	seen    stamps // when the view was taken
	settled bool
	changed <-chan struct{}
}

// Message is one message, as its name tells.
type Message struct {
	UID      uint32 // in this folder; it only grows (RFC 9051 §2.3.1.1)
	Flags    Flags
	Keywords Keywords // their names: [Folder.KeywordNames]
	New      bool     // no program has changed its flags or moved it
	Size     int64    // in octets, with lines ended by CR LF

	file string
}

// UniqueID is what POP3's UIDL says: up to 70 printing characters that stay the
// same for as long as the message is in this folder.
func (m Message) UniqueID() string {
	base, _ := cutName(m.file)
	return uniqueID(base)
}

// Folder opens a folder; fs.ErrNotExist is that there is none. The view is empty
// before the first Refresh.
func (m *Mailbox) Folder(name string) (*Folder, error) {
	dir, err := folderDir(name)
	if err != nil {
		return nil, err
	}
	f := &Folder{box: m, store: m.store, name: name, dir: dir, key: m.key(dir)}
	var errs [3]error
	if f.home, errs[0] = m.home.OpenRoot(dir); errs[0] != nil {
		return nil, errs[0]
	}
	f.fresh, errs[1] = f.home.OpenRoot("new")
	f.cur, errs[2] = f.home.OpenRoot("cur")
	if err := errors.Join(errs[:]...); err != nil {
		f.closeRoots()
		return nil, err
	}
	f.openFiles()
	f.store.watchers.enter(f.key)
	f.store.tidy(f.home)
	return f, nil
}

// key names a folder among those of all mailboxes.
func (m *Mailbox) key(dir string) string { return m.dir + "/" + dir }

// Close frees the view.
func (f *Folder) Close() error {
	f.store.watchers.leave(f.key)
	return f.closeRoots()
}

func (f *Folder) closeRoots() error {
	errs := []error{f.shortcut.close()}
	for _, root := range []*os.Root{f.home, f.fresh, f.cur} {
		if root != nil {
			errs = append(errs, root.Close())
		}
	}
	return errors.Join(errs...)
}

// Name is the folder's name, as it was opened.
func (f *Folder) Name() string { return f.name }

// Validity is the folder's UIDVALIDITY: UIDs of another one are void.
func (f *Folder) Validity() uint32 { return f.validity }

// Next is the UID that the next message will get, or a lower one (UIDNEXT).
func (f *Folder) Next() uint32 { return f.next }

// Messages are those of the view, by UID, which is in the order in which they
// came.
func (f *Folder) Messages() []Message { return slices.Clone(f.messages) }

// find returns a message of the view, or nil.
func (f *Folder) find(uid uint32) *Message {
	i, found := slices.BinarySearchFunc(f.messages, uid, func(m Message, uid uint32) int { return cmp.Compare(m.UID, uid) })
	if !found {
		return nil
	}
	return &f.messages[i]
}

func (f *Folder) sub(m *Message) *os.Root {
	if m.New {
		return f.fresh
	}
	return f.cur
}

// path is the message's file in the mailbox.
func (f *Folder) path(m *Message) string { return f.dir + "/" + pathIn(m.New, m.file) }

// Open returns the text of a message, with lines ended by CR LF. fs.ErrNotExist
// is that it has been removed.
func (f *Folder) Open(uid uint32) (io.ReadCloser, error) {
	var file *os.File
	var base string
	err := f.each([]uint32{uid}, func(m *Message) (err error) {
		base, _ = cutName(m.file)
		file, err = f.sub(m).Open(m.file)
		return err
	})
	if err != nil {
		return nil, err
	}
	if storedAsItTravels(base) {
		return file, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{mail.NewCRLFReader(file), file}, nil
}

// storedAsItTravels is what a name tells whose two sizes are one.
func storedAsItTravels(base string) bool {
	stored, ok := attribute(base, 'S')
	travels, ok2 := attribute(base, 'W')
	return ok && ok2 && stored == travels
}

// Date is when a message came, by its file.
func (f *Folder) Date(uid uint32) (time.Time, error) {
	var when time.Time
	err := f.each([]uint32{uid}, func(m *Message) error {
		info, err := f.sub(m).Stat(m.file)
		if err == nil {
			when = info.ModTime()
		}
		return err
	})
	return when, err
}

// each calls do for each of the messages. Where a file is no longer what the view
// says, since somebody has changed the flags, the names are read again and do is
// called once more. The errors of those that are gone are fs.ErrNotExist.
func (f *Folder) each(uids []uint32, do func(m *Message) error) error {
	var errs []error
	again := uids[:0:0]
	for _, uid := range uids {
		m := f.find(uid)
		if m == nil {
			errs = append(errs, gone(uid))
			continue
		}
		switch err := do(m); {
		case errors.Is(err, fs.ErrNotExist):
			again = append(again, uid)
		case err != nil:
			errs = append(errs, err)
		}
	}
	if len(again) == 0 {
		return errors.Join(errs...)
	}
	names, err := f.readNames()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, uid := range again {
		m := f.find(uid)
		base, _ := cutName(m.file)
		now, found := names[base]
		if !found {
			errs = append(errs, gone(uid))
			continue
		}
		m.take(now)
		if err := do(m); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func gone(uid uint32) error { return fmt.Errorf("message with UID %d: %w", uid, fs.ErrNotExist) }
