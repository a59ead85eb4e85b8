package mailbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// keywordsOf are the names of a message's keywords.
func keywordsOf(f *Folder, at int) []string { return f.KeywordNames(f.Messages()[at].Keywords) }

func make1(t *testing.T, f *Folder, names ...string) Keywords {
	t.Helper()
	k, err := f.MakeKeywords(names)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestKeywords are kept with the message, and seen by others.
func TestKeywords(t *testing.T) {
	m, inbox := alice(t, "a", "b")
	work, junk := make1(t, inbox, "work"), make1(t, inbox, "$Junk")
	if work != 1 || junk != 2 || make1(t, inbox, "WORK", "$junk") != 3 {
		t.Errorf("work %d, junk %d", work, junk)
	}
	if err := inbox.Change([]uint32{1}, Change{Set: Seen, SetKeywords: work | junk}); err != nil {
		t.Fatal(err)
	}
	if err := inbox.ChangeFlags([]uint32{1}, Flagged, Seen); err != nil {
		t.Fatal(err)
	}
	other := look(t, m, Inbox)
	if got := keywordsOf(other, 0); !slices.Equal(got, []string{"work", "$Junk"}) || len(keywordsOf(other, 1)) != 0 {
		t.Errorf("%q", got)
	}
	names := files(t, m.store, "alice/cur/*:2,Fab")
	if len(names) != 1 {
		t.Errorf("%q", files(t, m.store, "alice/cur/*"))
	}
	if err := other.Change([]uint32{1}, Change{ClearKeywords: other.FindKeywords([]string{"work"})}); err != nil {
		t.Fatal(err)
	}
	refresh(t, inbox)
	if got := keywordsOf(inbox, 0); !slices.Equal(got, []string{"$Junk"}) || inbox.Messages()[0].Flags != Flagged {
		t.Errorf("%q", got)
	}
	text, err := os.ReadFile(filepath.Join(m.store.root.Name(), "alice", keywordsFile))
	if string(text) != "0 work\n1 $Junk\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

// TestKeywordsOfOtherFolders: each has its own letters. Those that nobody has named
// stay as they are.
func TestKeywordsOfOtherFolders(t *testing.T) {
	m, inbox := alice(t, "a")
	if err := m.Create("Other"); err != nil {
		t.Fatal(err)
	}
	there := look(t, m, "Other")
	make1(t, there, "x", "y", "work")
	work := make1(t, inbox, "work")
	if err := inbox.Change([]uint32{1}, Change{SetKeywords: work | 1<<25}); err != nil {
		t.Fatal(err)
	}
	if _, err := inbox.Copy(t.Context(), []uint32{1}, there); err != nil {
		t.Fatal(err)
	}
	if _, err := inbox.Move([]uint32{1}, there); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if got := keywordsOf(there, i); !slices.Equal(got, []string{"work"}) || there.Messages()[i].Keywords != 1<<2|1<<25 {
			t.Errorf("%q, %b", got, there.Messages()[i].Keywords)
		}
	}
}

// TestNoFurtherKeyword: there are 26, and each must be one that IMAP can say.
func TestNoFurtherKeyword(t *testing.T) {
	m, inbox := alice(t, "a")
	for _, name := range []string{"", "two words", "new\nline", "(x", `\\Seen`, "草稿", string(make([]byte, 101))} {
		if k, err := inbox.MakeKeywords([]string{"good", name}); !errors.Is(err, ErrKeywords) || k != 0 || inbox.FindKeywords([]string{"good"}) != 0 {
			t.Errorf("%q: %b, %v", name, k, err)
		}
	}
	for i := range maxKeywords {
		make1(t, inbox, fmt.Sprint("k", i))
	}
	if _, err := inbox.MakeKeywords([]string{"one more"}); !errors.Is(err, ErrKeywords) {
		t.Error(err)
	}
	if _, err := inbox.MakeKeywords([]string{"onemore"}); !errors.Is(err, ErrKeywords) {
		t.Error(err)
	}
	// A file that another program has damaged.
	write(t, filepath.Join(m.store.root.Name(), "alice", keywordsFile), "x y\n-1 a\n26 b\n99999999999999999999 c\n3 ok\n4 not ok\n5\n")
	refresh(t, inbox)
	deliver(t, m, "b")
	refresh(t, inbox)
	if got := inbox.KeywordNames(AllKeywords); !slices.Equal(got, []string{"ok"}) {
		t.Errorf("%q", got)
	}
}
