package world

import (
	"os"
	"path/filepath"
	"testing"
)

// A world without a state touches the disk with the first mail only. It takes
// its mail with it, and what a world has left that was killed.
func TestPassingMail(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)                             // Unix
	t.Setenv("TMP", tmp)                                // Windows
	killed := filepath.Join(tmp, passing+"4194305-ABC") // Linux gives no such ID to a process
	if err := os.MkdirAll(filepath.Join(killed, "mail"), 0o700); err != nil {
		t.Fatal(err)
	}
	left := func() []os.DirEntry {
		entries, err := os.ReadDir(tmp)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	w := start(t, Options{})
	if all := left(); len(all) > 0 {
		t.Errorf("before the first mail: %v", all)
	}
	send(t, w, "alice@example.edu", "hello")
	if len(left()) == 0 {
		t.Error("no mail is on the disk")
	}
	w.Close()
	if all := left(); len(all) > 0 {
		t.Errorf("after the world: %v", all)
	}
}
