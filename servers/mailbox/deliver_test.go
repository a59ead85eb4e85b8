package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/wirebook/wirebook/clock"
)

func TestDelivering(t *testing.T) {
	m, inbox := alice(t, "one\r\n", "two\n", "", "last line has no end", "a\x00b\xff\r\n.\r\n")
	expect(t, inbox, "1*::one 2*::two 3*:: 4*::last line has no end 5*::a\x00b\xff\r\n.")
	if left := files(t, m.store, "alice/tmp/*"); len(left) > 0 {
		t.Errorf("left in tmp: %q", left)
	}
	names := files(t, m.store, "alice/new/*,S=5,W=5")
	if len(names) != 2 {
		t.Errorf("%q", files(t, m.store, "alice/new/*"))
	}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 || info.Size() != 5 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// TestNoMessageIsLeftOfAFailure: the reader fails, or the time is up.
func TestNoMessageIsLeftOfAFailure(t *testing.T) {
	m, inbox := alice(t)
	broken := errors.New("the client has gone")
	err := m.Deliver(t.Context(), "id", io.MultiReader(strings.NewReader("half a mess"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Deliver(ctx, "id", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	refresh(t, inbox)
	expect(t, inbox, "")
	if left := files(t, m.store, "alice/*/*"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if err := m.Deliver(t.Context(), "id", strings.NewReader("whole")); err != nil {
		t.Error(err)
	}
	refresh(t, inbox)
	expect(t, inbox, "1*::whole")
}

// TestTheSameIdentifierIsNotDeliveredTwice wherever the message has gone since,
// and also by a process that was started after that.
func TestTheSameIdentifierIsNotDeliveredTwice(t *testing.T) {
	fates := map[string]func(t *testing.T, m *Mailbox, inbox *Folder) error{
		"in new": func(*testing.T, *Mailbox, *Folder) error { return nil },
		"in cur": func(_ *testing.T, _ *Mailbox, inbox *Folder) error {
			return inbox.ChangeFlags(uids(inbox), Seen, 0)
		},
		"removed": func(_ *testing.T, _ *Mailbox, inbox *Folder) error { return inbox.Remove(uids(inbox)) },
		"moved": func(t *testing.T, m *Mailbox, inbox *Folder) error {
			if err := m.Create("Archive"); err != nil {
				return err
			}
			_, err := inbox.Move(uids(inbox), look(t, m, "Archive"))
			return err
		},
		"moved within": func(_ *testing.T, _ *Mailbox, inbox *Folder) error {
			_, err := inbox.Move(uids(inbox), inbox)
			return err
		},
	}
	for fate, happens := range fates {
		t.Run(fate, func(t *testing.T) {
			dir := t.TempDir()
			movable := clock.NewMovable()
			for process := range 3 {
				m := open(t, openStore(t, dir, Config{Clock: movable}), "alice")
				for range 2 {
					if err := m.Deliver(t.Context(), "queue/7", strings.NewReader("once")); err != nil {
						t.Fatal(err)
					}
				}
				inbox := look(t, m, Inbox)
				if n := len(inbox.Messages()); process == 0 && n != 1 {
					t.Fatalf("%d messages", n)
				}
				if process == 0 {
					if err := happens(t, m, inbox); err != nil {
						t.Fatal(err)
					}
				}
				there := 0
				names, err := m.Folders()
				if err != nil {
					t.Fatal(err)
				}
				for _, name := range names {
					there += len(look(t, m, name).Messages())
				}
				want := 1
				if fate == "removed" {
					want = 0
				}
				if there != want {
					t.Errorf("process %d: %d messages, want %d", process, there, want)
				}
			}
			// What is gone is not remembered for ever.
			movable.Skip(rememberFor + time.Hour)
			m := open(t, openStore(t, dir, Config{Clock: movable}), "alice")
			if err := m.Deliver(t.Context(), "queue/7", strings.NewReader("once")); err != nil {
				t.Fatal(err)
			}
			if n := len(look(t, m, Inbox).Messages()); n != 1 && fate != "moved within" {
				t.Errorf("days later: %d messages in the Inbox", n)
			}
		})
	}
}

func TestOneIdentifierAtATime(t *testing.T) {
	m, inbox := alice(t)
	r, w := io.Pipe()
	first := make(chan error)
	go func() { first <- m.Deliver(context.Background(), "id", r) }()
	io.WriteString(w, "slow") // it reads: the delivery has begun
	if err := m.Deliver(t.Context(), "id", strings.NewReader("quick")); !errors.Is(err, ErrBeingDelivered) {
		t.Error(err)
	}
	w.Close()
	if err := <-first; err != nil {
		t.Error(err)
	}
	refresh(t, inbox)
	expect(t, inbox, "1*::slow")
}

func TestReceiptsAreForgotten(t *testing.T) {
	movable := clock.NewMovable()
	dir := t.TempDir()
	m := open(t, openStore(t, dir, Config{Clock: movable}), "alice")
	inbox := look(t, m, Inbox)
	for i := range 20 {
		if err := m.Deliver(t.Context(), fmt.Sprint(i), strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
		refresh(t, inbox)
		if err := inbox.Remove(uids(inbox)); err != nil {
			t.Fatal(err)
		}
		movable.Skip(24 * time.Hour)
	}
	known, err := open(t, openStore(t, dir, Config{Clock: movable}), "alice").readReceipts()
	if len(known) != 9 || err != nil {
		t.Errorf("%d receipts, %v", len(known), err)
	}
	if text, err := os.ReadFile(dir + "/alice/" + receiptsFile); strings.Count(string(text), "\n") != 9 || err != nil {
		t.Errorf("the file has %q, %v", text, err)
	}
}

// TestManyAtOnce: all deliveries arrive, and share their fsyncs.
func TestManyAtOnce(t *testing.T) {
	m, inbox := alice(t)
	const senders, each = 20, 10
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for i := range each {
				if err := m.Deliver(t.Context(), fmt.Sprint(s, i), strings.NewReader(fmt.Sprint(s, " ", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	refresh(t, inbox)
	seen := map[string]bool{}
	for _, msg := range inbox.Messages() {
		seen[text(t, inbox, msg.UID)] = true
	}
	if len(seen) != senders*each {
		t.Errorf("%d messages", len(seen))
	}
}

func TestAbandonedFilesAreRemoved(t *testing.T) {
	m, _ := alice(t)
	dir := m.store.path + "/alice/tmp/"
	write(t, dir+"old", "x")
	write(t, dir+"fresh", "x")
	long := time.Now().Add(-37 * time.Hour)
	if err := os.Chtimes(dir+"old", long, long); err != nil {
		t.Fatal(err)
	}
	look(t, m, Inbox)
	if left := files(t, m.store, "alice/tmp/*"); len(left) != 1 || !strings.HasSuffix(left[0], "fresh") {
		t.Errorf("left: %q", left)
	}
}
