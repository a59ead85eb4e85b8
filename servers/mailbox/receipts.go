package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/wirebook/wirebook/durable"
)

// receiptBooks know, for the mailboxes that were delivered to last, which
// deliveries they have had. A message that is in the Inbox has its receipt in its
// name. One that leaves the Inbox leaves it in a file, with the time.
type receiptBooks struct {
	mu    sync.Mutex
	books map[string]*receiptBook // by the mailbox's folder
}

type receiptBook struct {
	known  map[string]bool // false: being delivered
	begun  int             // how many are being delivered
	loaded int             // how many there were when it was read
}

const (
	rememberFor = 10 * 24 * time.Hour
	maxBooks    = 200
)

// begin notes that a delivery begins, unless it took place already, which is
// false without an error.
func (r *receiptBooks) begin(m *Mailbox, mark string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	book, err := r.book(m)
	if err != nil {
		return false, err
	}
	if done, found := book.known[mark]; done {
		return false, nil
	} else if found {
		return false, ErrBeingDelivered
	}
	book.known[mark] = false
	book.begun++
	return true, nil
}

// end notes how a delivery ended.
func (r *receiptBooks) end(m *Mailbox, mark string, delivered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	book := r.books[m.dir]
	book.begun--
	if delivered {
		book.known[mark] = true
	} else {
		delete(book.known, mark)
	}
}

// book returns a mailbox's book. It is read again when it has grown much: what is
// forgotten is forgotten then.
func (r *receiptBooks) book(m *Mailbox) (*receiptBook, error) {
	book := r.books[m.dir]
	if book != nil && (book.begun > 0 || len(book.known) < 10_000+2*book.loaded) {
		return book, nil
	}
	known, err := m.readReceipts()
	if err != nil {
		return nil, err
	}
	if r.books == nil {
		r.books = make(map[string]*receiptBook)
	}
	for dir, other := range r.books {
		if len(r.books) < maxBooks {
			break
		}
		if other.begun == 0 {
			delete(r.books, dir)
		}
	}
	book = &receiptBook{known: known, loaded: len(known)}
	r.books[m.dir] = book
	return book, nil
}

// readReceipts collects the receipts in names and those in the file, from which
// it drops the old ones when they are many.
func (m *Mailbox) readReceipts() (map[string]bool, error) {
	lock, err := lockIn(m.home, lockFile, true)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	known := make(map[string]bool)
	for _, dir := range []string{"new", "cur"} {
		err := eachName(m.home, dir, func(name string) {
			base, _ := cutName(name)
			if mark, ok := attribute(base, 'D'); ok {
				known[mark] = true
			}
		})
		if err != nil {
			return nil, err
		}
	}
	text, err := m.home.ReadFile(receiptsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var live []byte
	for line := range bytes.Lines(text) {
		if mark, ok := m.parseReceipt(line); ok {
			known[mark] = true
			live = append(live, line...)
		}
	}
	if len(live) < len(text)/2 {
		return known, durable.Replace(m.home, receiptsFile, live)
	}
	return known, nil
}

// parseReceipt reads a line of the file, such as "1772442000 wA2_…", if it is
// whole and not too old.
func (m *Mailbox) parseReceipt(line []byte) (string, bool) {
	line, whole := bytes.CutSuffix(line, []byte("\n"))
	seconds, mark, found := bytes.Cut(line, []byte(" "))
	when, err := strconv.ParseInt(string(seconds), 10, 64)
	if !whole || !found || err != nil || len(mark) != len(receipt("")) {
		return "", false
	}
	return string(mark), m.store.clock.Now().Sub(time.Unix(when, 0)) < rememberFor
}

// keepReceipts writes the receipts of messages that are about to leave the Inbox
// into the file. The Inbox is locked.
func (m *Mailbox) keepReceipts(names []string) error {
	var lines []byte
	for _, name := range names {
		base, _ := cutName(name)
		if mark, ok := attribute(base, 'D'); ok {
			lines = fmt.Appendf(lines, "%d %s\n", m.store.clock.Now().Unix(), mark)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return appendTo(m.home, receiptsFile, lines)
}

// appendTo adds whole lines to a file, and brings them to the disk. If a crash
// left half a line at the end, the first of ours ends it.
func appendTo(root *os.Root, name string, lines []byte) error {
	file, err := root.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	var last [1]byte
	if info.Size() > 0 {
		if _, err := file.ReadAt(last[:], info.Size()-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = append([]byte("\n"), lines...)
		}
	}
	if _, err := file.Write(lines); err != nil {
		return err
	}
	if err := file.Sync(); err != nil || info.Size() > 0 {
		return err
	}
	return durable.SyncFolder(root, ".") // it may be new
}
