package mailbox

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/durable"
)

// Mailbox is what one user has: the folder Inbox, into which mail is delivered,
// and others that he makes. It may be used by several goroutines at once.
type Mailbox struct {
	store *Store
	user  string
	dir   string // its folder in the store
	home  *os.Root
}

// Inbox is the name of the folder that every mailbox has. Any case will do.
const Inbox = "INBOX"

// Files beside the Maildir's own. No folder is called so, since theirs begin with
// a dot.
const (
	uidsFile     = "wirebook-uids"     // of a folder: its UIDs
	lockFile     = "wirebook-lock"     // of a folder: held while names and UIDs change
	maildropFile = "wirebook-maildrop" // of a mailbox: held by its POP3 session
	receiptsFile = "wirebook-receipts" // of a mailbox: deliveries that are gone
	validityFile = "wirebook-validity" // of a mailbox: the last UIDVALIDITY given
	subscribed   = "subscriptions"     // of a mailbox: folders, as Dovecot writes them
)

// Close frees the mailbox.
func (m *Mailbox) Close() error { return m.home.Close() }

// ErrLocked is that another session has the maildrop.
var ErrLocked = errors.New("mailbox: another session has the maildrop")

// Lock is POP3's exclusive-access lock on the maildrop (RFC 1939 §4): two sessions
// that number the same messages and delete some must not meet. It keeps out
// other calls of Lock, in this process and in others, and nobody else: mail can be
// delivered meanwhile. Without waiting it returns [ErrLocked], or the function
// that ends the lock, which a crash ends, too.
func (m *Mailbox) Lock() (unlock func(), err error) {
	file, err := lockIn(m.home, maildropFile, false)
	if err != nil {
		return nil, err
	}
	return func() { file.Close() }, nil
}

// lockIn opens and locks a file.
func lockIn(root *os.Root, name string, wait bool) (*os.File, error) {
	file, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := durable.Lock(file, wait); err != nil {
		file.Close()
		if errors.Is(err, durable.ErrLocked) {
			err = ErrLocked
		}
		return nil, err
	}
	return file, nil
}

// newValidity is a UIDVALIDITY that no folder of this mailbox has had: a folder
// that is deleted and made again must not seem to be the old one (RFC 9051
// §2.3.1.1).
func (m *Mailbox) newValidity() (uint32, error) {
	lock, err := lockIn(m.home, validityFile, true)
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	var text [16]byte
	n, _ := lock.ReadAt(text[:], 0)
	last, _ := strconv.ParseUint(strings.TrimSpace(string(text[:n])), 10, 32)
	validity := max(uint32(last)+1, uint32(m.store.clock.Now().Unix()))
	if _, err := lock.WriteAt(fmt.Appendf(nil, "%-15d\n", validity), 0); err != nil {
		return 0, err
	}
	return validity, lock.Sync()
}
