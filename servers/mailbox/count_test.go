package mailbox

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

func TestCounting(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Config{})
	if counts, err := s.Count("alice"); counts != nil || err != nil {
		t.Errorf("nobody has a mailbox yet: %v, %v", counts, err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("counting has made %v", left)
	}
	m := open(t, s, "alice")
	deliver(t, m, "one\r\n", "two\r\n", "three\r\n")
	if err := m.Create("Lists/go"); err != nil {
		t.Fatal(err)
	}
	inbox := look(t, m, Inbox)
	if err := inbox.ChangeFlags([]uint32{inbox.Messages()[0].UID}, Seen, 0); err != nil {
		t.Fatal(err)
	}
	counts, err := s.Count("alice")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(counts), "[{INBOX 3 2} {Lists/go 0 0}]"; got != want {
		t.Errorf("counted %s, want %s", got, want)
	}
	if _, err := s.Count(""); !errors.Is(err, ErrUser) {
		t.Errorf("a user without a name: %v", err)
	}
}
