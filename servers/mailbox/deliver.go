package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/wirebook/wirebook/durable"
	"github.com/wirebook/wirebook/protocol/mail"
)

var processID = os.Getpid()

// ErrBeingDelivered is that a message with the same identifier is being delivered
// at this moment.
var ErrBeingDelivered = errors.New("mailbox: a message with this identifier is being delivered")

// Deliver reads a message to its end and puts it into the Inbox. When it returns
// nil the message is on the disk, under its name: this is what SMTP's 250 means
// (RFC 5321 §4.2.5). When it returns an error, there is no such message.
//
// A queue can be killed after a delivery and before it has noted it, and will
// deliver again. It can give each delivery an identifier of its own: if the
// mailbox has had a message with that id, Deliver returns nil and reads nothing,
// be the message still there or moved or deleted meanwhile. Those that were
// removed by this package are remembered for ten days, longer than a queue tries
// (RFC 5321 §4.5.4.1). With "" each delivery is a new one.
func (m *Mailbox) Deliver(ctx context.Context, id string, message io.Reader) error {
	if id == "" {
		return m.deliver(ctx, "", message)
	}
	mark := receipt(id)
	begun, err := m.store.receipts.begin(m, mark)
	if !begun {
		return err
	}
	err = m.deliver(ctx, ",D="+mark, message)
	m.store.receipts.end(m, mark, err == nil)
	return err
}

func (m *Mailbox) deliver(ctx context.Context, mark string, message io.Reader) error {
	d, err := m.store.write(ctx, m.home, message)
	if err != nil {
		return err
	}
	defer d.discard()
	name := withSize(d.base+mark, d.size)
	if err := link(m.home, d.tmp, "new/"+name); err != nil {
		return err
	}
	if err := m.store.syncs.Sync(m.key(".")+"/new", func() error { return durable.SyncFolder(m.home, "new") }); err != nil {
		return errors.Join(err, m.home.Remove("new/"+name))
	}
	m.store.watchers.tell(m.key("."))
	return nil
}

// draft is a message in tmp.
type draft struct {
	root *os.Root
	base string
	tmp  string
	size int64 // with lines ended by CR LF, and so it is stored
}

func (d *draft) discard() { d.root.Remove(d.tmp) }

// write stores a message in tmp, and brings it to the disk.
func (s *Store) write(ctx context.Context, root *os.Root, message io.Reader) (*draft, error) {
	d := &draft{root: root, base: s.newName()}
	d.tmp = "tmp/" + d.base
	file, err := root.OpenFile(d.tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	for tries := 0; errors.Is(err, fs.ErrExist) && tries < 100; tries++ { // the time went back
		d.base = s.newName()
		d.tmp = "tmp/" + d.base
		file, err = root.OpenFile(d.tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return nil, err
	}
	d.size, err = io.Copy(file, mail.NewCRLFReader(untilDone{ctx, message}))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		d.discard()
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	return d, nil
}

// untilDone reads no further once the context has ended.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// link gives a file a second name; unlike rename it never takes the name from
// another. Where a file system has no links, the file is renamed.
func link(root *os.Root, old, fresh string) error {
	err := root.Link(old, fresh)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, there := root.Lstat(fresh); there == nil {
		return fs.ErrExist
	}
	if root.Rename(old, fresh) == nil {
		return nil
	}
	return err
}

// abandoned is after how long a file in tmp is nobody's any more (Maildir).
const abandoned = 36 * time.Hour

// tidy removes what was begun in tmp and abandoned.
func (s *Store) tidy(root *os.Root) {
	dir, err := root.Open("tmp")
	if err != nil {
		return
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(1000)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && s.clock.Now().Sub(info.ModTime()) > abandoned {
			root.Remove("tmp/" + e.Name())
		}
	}
}
