package mailbox

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// tasks are what this test's binary does as another process.
var tasks = map[string]func(dir string){}

func TestMain(m *testing.M) {
	if task := tasks[os.Getenv("MAILBOX_CHILD")]; task != nil {
		task(os.Getenv("MAILBOX_DIR"))
		return
	}
	goleak.VerifyTestMain(m)
}

// childsMailbox is alice's, in another process.
func childsMailbox(dir string) (*Mailbox, *Folder) {
	s, err := OpenStore(dir, Config{Host: "mail", Log: quiet})
	fail(err)
	m, err := s.Open("alice")
	fail(err)
	inbox, err := m.Folder(Inbox)
	fail(err)
	return m, inbox
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var quiet = slog.New(slog.DiscardHandler)

// openStore opens a store in dir, as another process would that has it open at the
// same time as others.
func openStore(t testing.TB, dir string, c Config) *Store {
	t.Helper()
	if c.Log == nil {
		c.Log = quiet
	}
	c.Host = "mail"
	s, err := OpenStore(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func open(t testing.TB, s *Store, user string) *Mailbox {
	t.Helper()
	m, err := s.Open(user)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// look opens a folder and takes a view.
func look(t testing.TB, m *Mailbox, name string) *Folder {
	t.Helper()
	f, err := m.Folder(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	refresh(t, f)
	return f
}

func refresh(t testing.TB, f *Folder) {
	t.Helper()
	if err := f.Refresh(); err != nil {
		t.Fatal(err)
	}
}

// alice is a mailbox with a message for each text.
func alice(t testing.TB, texts ...string) (*Mailbox, *Folder) {
	t.Helper()
	m := open(t, openStore(t, t.TempDir(), Config{}), "alice")
	deliver(t, m, texts...)
	return m, look(t, m, Inbox)
}

func deliver(t testing.TB, m *Mailbox, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := m.Deliver(context.Background(), "", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
}

func text(t testing.TB, f *Folder, uid uint32) string {
	t.Helper()
	r, err := f.Open(uid)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// show is a view as text: "1:S:hello 2::there", with UIDs, flags and texts; a
// message in new has a "*".
func show(t testing.TB, f *Folder) string {
	t.Helper()
	var all []string
	for _, m := range f.Messages() {
		mark := ""
		if m.New {
			mark = "*"
		}
		content := text(t, f, m.UID)
		if m.Size != int64(len(content)) {
			t.Errorf("message %d has %d octets, and says %d", m.UID, len(content), m.Size)
		}
		all = append(all, fmt.Sprintf("%d%s:%s:%s", m.UID, mark, m.Flags, strings.TrimSuffix(content, "\r\n")))
	}
	return strings.Join(all, " ")
}

func expect(t testing.TB, f *Folder, want string) {
	t.Helper()
	if got := show(t, f); got != want {
		t.Errorf("%s has %q, want %q", f.Name(), got, want)
	}
}

// files are those below a mailbox's folder, such as "new/…".
func files(t testing.TB, s *Store, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.root.Name(), pattern))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func uids(f *Folder) []uint32 {
	var all []uint32
	for _, m := range f.Messages() {
		all = append(all, m.UID)
	}
	return all
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
