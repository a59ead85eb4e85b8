package mailbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestReadWhole: a small message in one piece, wherever its file is by now.
func TestReadWhole(t *testing.T) {
	m, inbox := alice(t, "one", "two")
	other := look(t, m, Inbox)
	var buffer []byte
	whole := func(uid uint32, want string) {
		t.Helper()
		got, err := inbox.ReadWhole(uid, buffer)
		if string(got) != want || err != nil {
			t.Errorf("message %d is %q, %v, want %q", uid, got, err, want)
		}
		buffer = got
	}
	whole(1, "one\r\n")
	whole(2, "two\r\n")
	if err := other.ChangeFlags([]uint32{2}, Seen, 0); err != nil {
		t.Fatal(err)
	}
	whole(2, "two\r\n") // it is called otherwise, and in cur
	if err := other.Remove([]uint32{1}); err != nil {
		t.Fatal(err)
	}
	for _, uid := range []uint32{1, 77} {
		if _, err := inbox.ReadWhole(uid, buffer); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("message %d is not there, and %v", uid, err)
		}
	}
}

// TestReadWholeOfOtherPrograms: lines that end in LF, a name that lies about the
// size, and one that leads out of the mailbox.
func TestReadWholeOfOtherPrograms(t *testing.T) {
	m, _ := alice(t)
	cur := filepath.Join(m.store.path, "alice", "cur")
	outside := filepath.Join(t.TempDir(), "secret")
	for path, text := range map[string]string{
		outside:                             "secret\r\n",
		filepath.Join(cur, "1.a.other"):     "a\nb\n",
		filepath.Join(cur, "2.b.x,S=3,W=3"): "more\r\n",
		filepath.Join(cur, "3.c.x,S=9,W=9"): "less\r\n",
		filepath.Join(cur, "5.e.x,S=8,W=8"): "8 bytes\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(cur, "4.d.x,S=8,W=8")); err != nil {
		t.Skip(err)
	}
	inbox := look(t, m, Inbox)
	if got, err := inbox.ReadWhole(1, nil); string(got) != "a\r\nb\r\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, uid := range []uint32{2, 3} {
		if got, err := inbox.ReadWhole(uid, nil); !errors.Is(err, ErrSize) {
			t.Errorf("message %d: %q, %v", uid, got, err)
		}
	}
	if got, err := inbox.ReadWhole(4, nil); err == nil {
		t.Errorf("a link out of the mailbox gives %q", got)
	}
	if got, err := inbox.ReadWhole(5, nil); string(got) != "8 bytes\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
