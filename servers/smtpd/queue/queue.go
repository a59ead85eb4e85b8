package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/durable"
)

// Queue is a folder with messages that wait. One process at a time may have it
// open, and any number of its goroutines may use it.
type Queue struct {
	Config
	dir     string
	root    *os.Root // nil until there is a folder
	lock    *os.File
	inDoubt atomic.Int64
	names   durable.Folders

	mu       sync.Mutex
	messages map[string]*message // by ID; nil while it is being written
	agent    agent
}

// Config is what a queue may be told. The zero value works.
type Config struct {
	Hostname string   // this host's, in notices to senders; "localhost"
	Schedule Schedule // when to try again

	MaxMessages int // in the queue; 100,000. Further ones are ErrFull
	Workers     int // deliveries at once; 20
	PerDomain   int // of those, to one domain; 4

	Log   *slog.Logger // slog.Default()
	Clock clock.Clock  // the machine's
}

// Envelope is who a message is from and for, which is not what its header says
// (RFC 5321 §2.3.1). Addresses are written as in commands: alice@example.edu,
// "a b"@example.edu.
type Envelope struct {
	ID      string    `json:"id"`   // of the queue; Add makes one
	From    string    `json:"from"` // "" is the null reverse-path, of notices
	To      []string  `json:"to"`
	UTF8    bool      `json:"utf8,omitempty"` // SMTPUTF8 was asked for (RFC 6531)
	Arrived time.Time `json:"arrived"`        // Add fills it in
}

var (
	// ErrFull is that the queue has as many messages as it may have.
	ErrFull = errors.New("queue: too many messages wait")
	// ErrLocked is that another process has the queue open.
	ErrLocked = errors.New("queue: another process has it open")
	// ErrNoMessage is that no message of this ID waits.
	ErrNoMessage = errors.New("queue: no such message")
)

const (
	messagesDir = "messages"
	tmpDir      = "tmp"
	lockName    = "lock"
)

// Open opens the queue in a folder of the operating system and reads what waits
// there. A folder that does not exist is made with the first message. Nothing is
// delivered before [Queue.Run].
func Open(dir string, c Config) (*Queue, error) {
	q := &Queue{Config: c, dir: dir, messages: make(map[string]*message)}
	q.setDefaults()
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return q, nil
	}
	if err := q.openFolder(); err != nil {
		q.Close()
		return nil, fmt.Errorf("queue: %w", err)
	}
	return q, nil
}

// openFolder makes what of the folder is not there yet, and takes it over.
func (q *Queue) openFolder() (err error) {
	for _, sub := range []string{messagesDir, tmpDir} {
		if err := os.MkdirAll(filepath.Join(q.dir, sub), 0o700); err != nil {
			return err
		}
	}
	if q.root, err = os.OpenRoot(q.dir); err != nil {
		return err
	}
	if err := q.begin(); err != nil {
		return err
	}
	above, err := os.OpenRoot(filepath.Dir(q.dir))
	if err != nil {
		return err
	}
	defer above.Close()
	return errors.Join(durable.SyncFolder(q.root, "."), durable.SyncFolder(above, ".")) // they may be new
}

func (q *Queue) setDefaults() {
	q.Hostname = cmp.Or(q.Hostname, "localhost")
	q.Schedule = q.Schedule.orDefault()
	q.MaxMessages = cmp.Or(q.MaxMessages, 100_000)
	q.Workers = cmp.Or(q.Workers, 20)
	q.PerDomain = cmp.Or(q.PerDomain, 4)
	q.Log = cmp.Or(q.Log, slog.Default())
	q.Clock = clock.Or(q.Clock)
	q.agent.lanes = make(map[string]*lane)
}

// begin takes the lock and reads the folder. What is in tmp was never accepted.
func (q *Queue) begin() (err error) {
	if q.lock, err = q.root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := durable.Lock(q.lock, false); errors.Is(err, durable.ErrLocked) {
		return ErrLocked
	} else if err != nil {
		return err
	}
	abandoned, err := readNames(q.root, tmpDir)
	if err != nil {
		return err
	}
	for _, name := range abandoned {
		q.root.Remove(tmpDir + "/" + name)
	}
	waiting, err := load(q.root, q.Log)
	for _, m := range waiting {
		q.messages[m.ID] = m
		q.doubt(m)
	}
	return err
}

// syncNames brings the names of messages to the disk, for all who ask at once.
func (q *Queue) syncNames() error {
	return q.names.Sync(messagesDir, func() error { return durable.SyncFolder(q.root, messagesDir) })
}

func (q *Queue) mayBeTwice(m *message, to, host string) {
	q.inDoubt.Add(1)
	q.Log.Warn("queue: it may arrive twice: all was sent, and the reply is not known", "id", m.ID, "to", to, "host", host)
}

// doubt counts a message that was perhaps delivered when this program ended.
func (q *Queue) doubt(m *message) {
	for _, r := range m.recipients {
		if r.State == Sending {
			r.State = Waiting
			q.mayBeTwice(m, r.Address, r.Remote)
		}
	}
}

// InDoubt is how many deliveries ended without an outcome after the whole message
// had been sent, those of an earlier process among them. Each may become a second
// copy.
func (q *Queue) InDoubt() int64 { return q.inDoubt.Load() }

// Close frees the queue. Run must have returned.
func (q *Queue) Close() error {
	var errs []error
	if q.lock != nil {
		errs = append(errs, q.lock.Close())
	}
	if q.root != nil {
		errs = append(errs, q.root.Close())
	}
	q.lock, q.root = nil, nil
	return errors.Join(errs...)
}

// Dir is the queue's folder.
func (q *Queue) Dir() string { return q.dir }

// NewID makes an identifier that no other message has.
func NewID() string { return rand.Text()[:14] }

// Add takes a message into the queue and reports its ID. When it returns without an
// error, message and envelope are on the disk; with an error, nothing is left.
// An ID that is in the queue already is not added again: a notice that was
// written before a crash is not written twice.
func (q *Queue) Add(ctx context.Context, e Envelope, text io.Reader) (id string, err error) {
	return q.add(ctx, e, text, q.MaxMessages)
}

// add is Add with another limit.
func (q *Queue) add(ctx context.Context, e Envelope, text io.Reader, most int) (id string, err error) {
	if e.ID == "" {
		e.ID = NewID()
	}
	e.Arrived = q.Clock.Now().Round(0)
	if err := q.reserve(e, most); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return e.ID, nil
		}
		return "", err
	}
	m, err := q.write(e, untilDone{ctx, text})
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil {
		delete(q.messages, e.ID)
		return "", fmt.Errorf("queue: %w", err)
	}
	q.messages[e.ID] = m
	q.plan(m)
	return e.ID, nil
}

// reserve keeps a place for a message.
func (q *Queue) reserve(e Envelope, most int) error {
	if len(e.To) == 0 || strings.ContainsAny(e.ID, "/,\\") {
		return fmt.Errorf("queue: message %q for %d recipients", e.ID, len(e.To))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, known := q.messages[e.ID]; known {
		return fs.ErrExist
	}
	if len(q.messages) >= most {
		return ErrFull
	}
	if q.root == nil {
		if err := q.openFolder(); err != nil {
			return errors.Join(err, q.Close())
		}
	}
	q.messages[e.ID] = nil
	return nil
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
