// Package mailboxtest has mail for the tests of servers that hand it out.
package mailboxtest

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/servers/mailbox"
)

// Store is an empty store, and its folder.
func Store(t testing.TB) (*mailbox.Store, string) {
	t.Helper()
	dir := t.TempDir()
	store, err := mailbox.OpenStore(dir, mailbox.Config{Host: "mail", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store, dir
}

// Three is a store in which alice has three messages, the last of which another
// program has put there: its lines end in LF, and its name tells nothing.
func Three(t testing.TB) (*mailbox.Store, string) {
	t.Helper()
	store, dir := Store(t)
	Deliver(t, store, "alice", "From: bob@example.com\r\nSubject: lunch\r\n\r\nNoon?\r\n", "Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n")
	if two := Stored(t, store, "alice"); len(two) != 2 { // looking gives them their numbers
		t.Fatalf("%q", two)
	}
	other := filepath.Join(dir, "alice", "new", "1772442000.other")
	if err := os.WriteFile(other, []byte("Subject: LF\n\nend"), 0o600); err != nil {
		t.Fatal(err)
	}
	return store, dir
}

// Deliver puts messages into a user's Inbox.
func Deliver(t testing.TB, store *mailbox.Store, user string, texts ...string) {
	t.Helper()
	box, err := store.Open(user)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	for _, text := range texts {
		if err := box.Deliver(t.Context(), "", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// Stored is what is in a user's Inbox: of each message the flags, a colon and the
// text.
func Stored(t testing.TB, store *mailbox.Store, user string) []string {
	t.Helper()
	box, err := store.Open(user)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	inbox, err := box.Folder(mailbox.Inbox)
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	if err := inbox.Refresh(); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range inbox.Messages() {
		r, err := inbox.Open(m.UID)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m.Flags.String()+":"+string(text))
	}
	return all
}
