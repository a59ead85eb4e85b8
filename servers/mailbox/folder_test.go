package mailbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestUIDsStay(t *testing.T) {
	dir := t.TempDir()
	first := open(t, openStore(t, dir, Config{}), "alice")
	deliver(t, first, "a", "b", "c")
	inbox := look(t, first, Inbox)
	if err := inbox.Remove([]uint32{2, 3}); err != nil {
		t.Fatal(err)
	}
	expect(t, inbox, "1*::a")
	deliver(t, first, "d")
	second := look(t, open(t, openStore(t, dir, Config{}), "alice"), Inbox)
	expect(t, second, "1*::a 4*::d")
	if second.Validity() != inbox.Validity() || second.Next() != 5 {
		t.Errorf("UIDVALIDITY %d and %d, UIDNEXT %d", inbox.Validity(), second.Validity(), second.Next())
	}
	refresh(t, inbox)
	expect(t, inbox, "1*::a 4*::d")
}

// TestUIDsStayWhenTheJournalIsWrittenAnew: also those above all that are there.
func TestUIDsStayWhenTheJournalIsWrittenAnew(t *testing.T) {
	m, inbox := alice(t)
	var all []string
	for i := range 700 {
		all = append(all, fmt.Sprint(i))
	}
	deliver(t, m, all...)
	refresh(t, inbox)
	if err := inbox.Remove(uids(inbox)[1:]); err != nil {
		t.Fatal(err)
	}
	deliver(t, m, all[:400]...)
	refresh(t, inbox) // 1100 lines for 401 messages
	if err := inbox.Remove(uids(inbox)[1:]); err != nil {
		t.Fatal(err)
	}
	refresh(t, inbox)
	journal, err := os.ReadFile(filepath.Join(m.store.path, "alice", uidsFile))
	if lines := strings.Count(string(journal), "\n"); lines != 2 || err != nil {
		t.Errorf("%d lines, %v", lines, err)
	}
	deliver(t, m, "new")
	other := look(t, open(t, openStore(t, m.store.path, Config{}), "alice"), Inbox)
	expect(t, other, "1*::0 1101*::new")
	if other.Validity() != inbox.Validity() {
		t.Error("another UIDVALIDITY")
	}
}

// TestADamagedJournal keeps what can be read; without its first line all begins
// anew. A number that was given never comes again.
func TestADamagedJournal(t *testing.T) {
	damages := map[string]struct {
		do   func(journal string) string
		want string
		anew bool
	}{
		"gone":                 {func(string) string { return "" }, "1*::a 2*::b 3*::c", true},
		"first line":           {func(j string) string { return "x" + j }, "1*::a 2*::b 3*::c", true},
		"another file":         {func(string) string { return strings.Repeat("\x00", 1<<20) }, "1*::a 2*::b 3*::c", true},
		"cut in the last line": {func(j string) string { return j[:len(j)-5] }, "1*::a 2*::b 4*::c", false},
		"cut at its end":       {func(j string) string { return j[:len(j)-1] }, "1*::a 2*::b 4*::c", false},
		"a byte in the middle": {func(j string) string { return strings.Replace(j, " 2 3 ", " 2 4 ", 1) }, "1*::a 3*::c 4*::b", false},
		"a line twice":         {func(j string) string { return j + j[strings.Index(j, "\n")+1:] }, "1*::a 2*::b 3*::c", false},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			m, before := alice(t, "a", "b", "c")
			file := filepath.Join(m.store.path, "alice", uidsFile)
			journal, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			write(t, file, damage.do(string(journal)))
			for range 2 {
				after := look(t, m, Inbox)
				expect(t, after, damage.want)
				if anew := after.Validity() != before.Validity(); anew != damage.anew {
					t.Errorf("UIDVALIDITY was %d, is %d", before.Validity(), after.Validity())
				}
			}
			deliver(t, m, "d")
			after := look(t, m, Inbox)
			if last := after.Messages()[3]; last.UID < 4 || text(t, after, last.UID) != "d\r\n" {
				t.Errorf("%+v", last)
			}
			expect(t, look(t, m, Inbox), show(t, after))
		})
	}
}

// TestOtherPrograms: files with LF, without sizes, with flags of their own.
func TestOtherPrograms(t *testing.T) {
	m, inbox := alice(t)
	box := filepath.Join(m.store.path, "alice")
	write(t, box+"/new/1772442000.2_1.other", "two\nlines\n")
	write(t, box+"/cur/1772442001.M5P6Q7.other:2,RSb", "seen")
	write(t, box+"/cur/1772442002.other,S=3,W=4:2,", "w\n\n")
	write(t, box+"/cur/.hidden", "no")
	write(t, box+"/cur/new\nline", "no")
	if err := os.Mkdir(box+"/cur/folder", 0o700); err != nil {
		t.Fatal(err)
	}
	refresh(t, inbox)
	all := inbox.Messages()
	if len(all) != 3 || all[0].Size != 12 || all[1].Size != 6 || all[2].Size != 4 || all[1].Flags != Replied|Seen || !all[0].New {
		t.Fatalf("%+v", all)
	}
	if got := text(t, inbox, 1); got != "two\r\nlines\r\n" {
		t.Errorf("%q", got)
	}
	if err := inbox.ChangeFlags([]uint32{1, 2}, Flagged, Replied); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(box + "/cur/1772442001.M5P6Q7.other:2,FSb"); err != nil {
		t.Error(err)
	}
	// The journal remembers the size; the message is not read again.
	write(t, box+"/cur/1772442000.2_1.other:2,F", "three\nmore\nlines\n")
	if again := look(t, m, Inbox).Messages(); again[0].Size != 12 || again[0].Flags != Flagged {
		t.Errorf("%+v", again[0])
	}
}

// TestOthersRename and remove while our view is older.
func TestOthersRename(t *testing.T) {
	m, mine := alice(t, "a", "b", "c")
	theirs := look(t, m, Inbox)
	if err := theirs.ChangeFlags([]uint32{1, 2}, Seen, 0); err != nil {
		t.Fatal(err)
	}
	if err := theirs.Remove([]uint32{3}); err != nil {
		t.Fatal(err)
	}
	if got := text(t, mine, 1); got != "a\r\n" {
		t.Errorf("%q", got)
	}
	if _, err := mine.Open(3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := mine.Date(7); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if err := mine.ChangeFlags([]uint32{2, 3}, Flagged, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if n := len(mine.Messages()); n != 3 {
		t.Errorf("the view has %d messages", n)
	}
	if err := mine.Remove([]uint32{2, 3}); err != nil {
		t.Error(err)
	}
	refresh(t, mine)
	expect(t, mine, "1:S:a")
}

func TestCopyAndMove(t *testing.T) {
	m, inbox := alice(t, "a", "b\n", "c")
	box := filepath.Join(m.store.path, "alice")
	write(t, box+"/cur/1.foreign:2,Sz", "lf\n")
	refresh(t, inbox)
	if err := errors.Join(m.Create("Archive"), inbox.ChangeFlags([]uint32{1}, Flagged, 0)); err != nil {
		t.Fatal(err)
	}
	archive := look(t, m, "Archive")
	got, err := inbox.Copy(t.Context(), []uint32{4, 1}, archive)
	if !slices.Equal(got, []uint32{1, 2}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	expect(t, archive, "1:S:lf 2:F:a")
	got, err = inbox.Move([]uint32{2}, archive)
	if !slices.Equal(got, []uint32{3}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	expect(t, inbox, "1:F:a 3*::c 4:S:lf")
	// There and back: the number is a new one.
	got, err = archive.Move([]uint32{3}, inbox)
	if !slices.Equal(got, []uint32{5}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	expect(t, inbox, "1:F:a 3*::c 4:S:lf 5::b")
	if got, err = inbox.Move([]uint32{1}, inbox); !slices.Equal(got, []uint32{6}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	expect(t, inbox, "3*::c 4:S:lf 5::b 6:F:a")
	if _, err := inbox.Move([]uint32{77}, archive); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	bob := open(t, m.store, "bob")
	if _, err := inbox.Move([]uint32{3}, look(t, bob, Inbox)); !errors.Is(err, ErrFolder) {
		t.Error(err)
	}
	refresh(t, inbox)
	expect(t, inbox, "3*::c 4:S:lf 5::b 6:F:a")
}

// TestMovesInOppositeDirections do not wait for each other for ever.
func TestMovesInOppositeDirections(t *testing.T) {
	m, _ := alice(t, "a", "b", "c", "d", "e", "f")
	if err := m.Create("Other"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, way := range [][2]string{{Inbox, "Other"}, {"Other", Inbox}, {Inbox, "Other"}} {
		all.Go(func() {
			for range 30 {
				from, to := look(t, m, way[0]), look(t, m, way[1])
				for _, msg := range from.Messages() {
					if _, err := from.Move([]uint32{msg.UID}, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if n := len(look(t, m, Inbox).Messages()) + len(look(t, m, "Other").Messages()); n != 6 {
		t.Errorf("%d messages are left of 6", n)
	}
}

func TestAppend(t *testing.T) {
	m, _ := alice(t)
	if err := m.Create("Sent"); err != nil {
		t.Fatal(err)
	}
	sent := look(t, m, "Sent")
	date := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for i, flags := range []Flags{0, Seen | Draft} {
		uid, err := sent.Append(t.Context(), strings.NewReader("hello\n"), flags, date)
		if uid != uint32(i+1) || err != nil {
			t.Errorf("%d, %v", uid, err)
		}
		if when, err := sent.Date(uid); !when.Equal(date) || err != nil {
			t.Errorf("%v, %v", when, err)
		}
	}
	expect(t, sent, "1*::hello 2:DS:hello")
}

func TestFolders(t *testing.T) {
	m, _ := alice(t)
	for _, name := range []string{"Lists/go", "Lists", "草稿", "v1.0"} {
		if err := m.Create(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]error{"Lists": fs.ErrExist, "inbox": fs.ErrExist, "a//b": ErrFolder} {
		if err := m.Create(name); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := m.Rename("Lists", "Archive/Lists"); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		from, to string
		want     error
	}{
		{"Lists", "x", fs.ErrNotExist}, {"草稿", "v1.0", fs.ErrExist}, {"Inbox", "x", fs.ErrPermission},
		{"v1.0", "INBOX", fs.ErrPermission}, {"v1.0", "v1.0/x", ErrFolder}, {"v1.0", "", ErrFolder},
	} {
		if err := m.Rename(c.from, c.to); !errors.Is(err, c.want) {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
	for name, want := range map[string]error{"v1.0": nil, "nothing": fs.ErrNotExist, "INBOX": fs.ErrPermission} {
		if err := m.Delete(name); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	names, err := m.Folders()
	if want := []string{"INBOX", "Archive/Lists", "Archive/Lists/go", "草稿"}; !slices.Equal(names, want) || err != nil {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := m.Folder("nothing"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestAFolderMadeAgain does not look like the one before it.
func TestAFolderMadeAgain(t *testing.T) {
	m, _ := alice(t)
	last := uint32(0)
	for range 3 {
		if err := m.Create("Trash"); err != nil {
			t.Fatal(err)
		}
		if v := look(t, m, "Trash").Validity(); v <= last {
			t.Errorf("UIDVALIDITY %d after %d", v, last)
		} else {
			last = v
		}
		if err := m.Delete("Trash"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSubscriptions(t *testing.T) {
	m, _ := alice(t)
	for _, s := range []struct {
		name   string
		wanted bool
		want   string
	}{
		{"Sent", true, "Sent"}, {"Lists/go", true, "Lists/go Sent"}, {"Sent", true, "Lists/go Sent"},
		{"Drafts", false, "Lists/go Sent"}, {"Lists/go", false, "Sent"},
	} {
		err := m.Subscribe(s.name, s.wanted)
		names, err2 := m.Subscriptions()
		if strings.Join(names, " ") != s.want || err != nil || err2 != nil {
			t.Errorf("%s %v: %q, %v, %v", s.name, s.wanted, names, err, err2)
		}
	}
	if err := m.Subscribe("a\nb", true); !errors.Is(err, ErrFolder) {
		t.Error(err)
	}
}

func TestMaildropLock(t *testing.T) {
	m, _ := alice(t)
	unlock, err := m.Lock()
	if err != nil {
		t.Fatal(err)
	}
	others := []*Mailbox{m, open(t, m.store, "alice"), open(t, openStore(t, m.store.path, Config{}), "alice")}
	for _, other := range others {
		if _, err := other.Lock(); err != ErrLocked {
			t.Error(err)
		}
	}
	deliver(t, m, "meanwhile")
	unlock()
	for _, other := range others {
		unlock, err := other.Lock()
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
}

// TestNothingLeadsOut: a link in the store that leads to another place is not
// followed.
func TestNothingLeadsOut(t *testing.T) {
	outside := t.TempDir()
	write(t, outside+"/secret", "secret")
	m, inbox := alice(t)
	box := filepath.Join(m.store.path, "alice")
	if err := os.Symlink(outside+"/secret", box+"/cur/1.x,W=6:2,"); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(outside, filepath.Join(m.store.path, "bob")); err != nil {
		t.Fatal(err)
	}
	refresh(t, inbox)
	if r, err := inbox.Open(1); err == nil {
		r.Close()
		t.Error("the secret is told")
	}
	if _, err := m.store.Open("bob"); err == nil {
		t.Error("bob's mailbox is outside")
	}
	if counts, err := m.store.Count("bob"); err == nil {
		t.Errorf("what is outside is counted: %v", counts)
	}
}

func TestPasswords(t *testing.T) {
	p := Passwords{"alice": "secret", "empty": ""}
	for _, c := range []struct {
		user, password string
		want           bool
	}{{"alice", "secret", true}, {"alice", "Secret", false}, {"alice", "", false}, {"bob", "", false}, {"empty", "", true}} {
		if p.Check(c.user, c.password) != c.want {
			t.Errorf("%+v", c)
		}
	}
}
