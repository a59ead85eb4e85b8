package mailbox

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/durable"
)

// Store is a folder with a mailbox for each user. It may be used by several
// goroutines at once, and several processes may have it open.
type Store struct {
	path  string
	host  string
	log   *slog.Logger
	clock clock.Clock

	opening sync.Mutex
	root    *os.Root // nil until there is a folder

	delivered atomic.Uint64 // files begun by this process, for their names
	syncs     durable.Folders
	watchers  watchers
	receipts  receiptBooks
}

// Config is what a store may be told. The zero value works.
type Config struct {
	Host  string       // this host's name, in the names of files; the machine's
	Log   *slog.Logger // slog.Default()
	Clock clock.Clock  // the machine's
}

// OpenStore opens the store in a folder of the operating system. One that does not
// exist is made with the first mailbox. Nothing outside of the folder is ever
// touched (os.Root).
func OpenStore(dir string, c Config) (*Store, error) {
	root, err := os.OpenRoot(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	s := &Store{path: dir, root: root, host: c.Host, log: cmp.Or(c.Log, slog.Default()), clock: clock.Or(c.Clock)}
	if s.host == "" {
		s.host, _ = os.Hostname()
	}
	s.host = hostInName(s.host)
	return s, nil
}

// Close frees the store. What was opened from it must be closed first.
func (s *Store) Close() error {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.root == nil {
		return nil
	}
	return s.root.Close()
}

// folder is the store's folder, which is made when it is first needed.
func (s *Store) folder() (*os.Root, error) {
	root, err := s.existing()
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if err := os.MkdirAll(s.path, 0o700); err != nil {
		return nil, err
	}
	return s.existing()
}

// existing is the store's folder, if there is one by now.
func (s *Store) existing() (*os.Root, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.root != nil {
		return s.root, nil
	}
	root, err := os.OpenRoot(s.path)
	s.root = root
	return root, err
}

// ErrUser is a user's name that cannot be the name of a mailbox.
var ErrUser = errors.New("not a user's name")

// Open opens the mailbox of a user, and makes it if there is none. The store
// does not know which users there are: to ask is the caller's part. Names are
// told apart by their bytes, so "Alice" is not "alice".
func (s *Store) Open(user string) (*Mailbox, error) {
	dir, err := userFolder(user)
	if err != nil {
		return nil, err
	}
	root, err := s.folder()
	if err != nil {
		return nil, fmt.Errorf("mailbox of %q: %w", user, err)
	}
	home, err := root.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err = s.create(root, dir); err == nil {
			home, err = root.OpenRoot(dir)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("mailbox of %q: %w", user, err)
	}
	return &Mailbox{store: s, user: user, dir: dir, home: home}, nil
}

// create makes an empty Maildir. It is built under another name first, so that
// nobody finds one without tmp, new and cur.
func (s *Store) create(root *os.Root, dir string) error {
	building := fmt.Sprintf(".%s.%d.%d", dir, os.Getpid(), s.delivered.Add(1))
	defer root.RemoveAll(building)
	if err := makeMaildir(root, building); err != nil {
		return err
	}
	err := root.Rename(building, dir)
	if _, there := root.Stat(dir); there == nil {
		err = nil // ours, or that of somebody who was quicker
	}
	return errors.Join(err, durable.SyncFolder(root, "."))
}

func makeMaildir(root *os.Root, dir string) error {
	for _, sub := range []string{"", "/tmp", "/new", "/cur"} {
		if err := root.Mkdir(dir+sub, 0o700); err != nil {
			return err
		}
	}
	return durable.SyncFolder(root, dir)
}

// userFolder is the name of a user's folder. Letters, digits and a few signs
// stand for themselves; any other byte is written %XX, also the capitals, since
// some file systems do not tell "A" from "a".
func userFolder(user string) (string, error) {
	const longest = 240 // file systems take 255 bytes
	if user == "" {
		return "", fmt.Errorf("%w: %q", ErrUser, user)
	}
	dir := escape(user, func(i int, c byte) bool {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', strings.IndexByte("-_+=@", c) >= 0:
			return true
		case c == '.':
			return i > 0 && i < len(user)-1
		}
		return false
	})
	if isDevice(dir) {
		dir = fmt.Sprintf("%%%02X", dir[0]) + dir[1:]
	}
	if len(dir) > longest {
		return "", fmt.Errorf("%w: %.20q… is too long", ErrUser, user)
	}
	return dir, nil
}

// escape writes each byte of s that is not plain as %XX.
func escape(s string, plain func(i int, c byte) bool) string {
	var b strings.Builder
	for i, c := range []byte(s) {
		if plain(i, c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// isDevice says whether Windows takes a name for a device's.
func isDevice(name string) bool {
	name, _, _ = strings.Cut(name, ".")
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(name) == 4 && (name[:3] == "com" || name[:3] == "lpt")
}
