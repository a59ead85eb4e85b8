package pop3d

import (
	"errors"
	"io"
	"strconv"

	"github.com/wirebook/wirebook/servers/mailbox"
)

// maildrop is a mailbox as one session sees it: its messages are numbered from 1,
// and until the session's end none comes and none goes (RFC 1939 §4).
type maildrop struct {
	box      *mailbox.Mailbox
	inbox    *mailbox.Folder
	unlock   func()
	messages []entry
}

// entry is a message, and what the session did with it.
type entry struct {
	mailbox.Message
	deleted   bool // marked with DELE
	retrieved bool
}

// openMaildrop opens and locks a user's maildrop. With mailbox.ErrJournal there is
// one all the same.
func openMaildrop(store *mailbox.Store, user string) (*maildrop, error) {
	box, err := store.Open(user)
	if err != nil {
		return nil, err
	}
	d := &maildrop{box: box}
	if d.unlock, err = box.Lock(); err == nil {
		d.inbox, err = box.Folder(mailbox.Inbox)
	}
	if err == nil {
		err = d.inbox.Refresh()
	}
	if err != nil && !errors.Is(err, mailbox.ErrJournal) {
		d.close()
		return nil, err
	}
	messages := d.inbox.Messages()
	d.messages = make([]entry, len(messages))
	for i, m := range messages {
		d.messages[i].Message = m
	}
	return d, err
}

// close ends the session's hold on the maildrop.
func (d *maildrop) close() {
	if d == nil {
		return
	}
	if d.inbox != nil {
		d.inbox.Close()
	}
	if d.unlock != nil {
		d.unlock()
	}
	d.box.Close()
}

// stat counts the messages that are not marked as deleted, and their octets.
func (d *maildrop) stat() (count int, octets int64) {
	for i := range d.messages {
		if m := &d.messages[i]; !m.deleted {
			count++
			octets += m.Size
		}
	}
	return count, octets
}

// message is the one that a command's argument names, or nil.
func (d *maildrop) message(arg string) (number int, m *entry) {
	for _, c := range []byte(arg) {
		if c < '0' || c > '9' {
			return 0, nil
		}
	}
	number, err := strconv.Atoi(arg)
	if err != nil || number < 1 || number > len(d.messages) || d.messages[number-1].deleted {
		return number, nil
	}
	return number, &d.messages[number-1]
}

func (d *maildrop) open(m *entry) (io.ReadCloser, error) { return d.inbox.Open(m.UID) }

// update deletes what is marked, and notes what was retrieved.
func (d *maildrop) update() error {
	var deleted, seen []uint32
	for i := range d.messages {
		switch m := &d.messages[i]; {
		case m.deleted:
			deleted = append(deleted, m.UID)
		case m.retrieved && m.Flags&mailbox.Seen == 0:
			seen = append(seen, m.UID)
		}
	}
	if len(seen) > 0 {
		// Nobody's mail depends on it: a message that another program has
		// removed meanwhile is no failure.
		_ = d.inbox.ChangeFlags(seen, mailbox.Seen, 0)
	}
	if len(deleted) == 0 {
		return nil
	}
	return d.inbox.Remove(deleted)
}
