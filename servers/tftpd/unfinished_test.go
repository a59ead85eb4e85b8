package tftpd_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/servers/tftpd"
)

// TestSweep: a server that starts removes the drafts of one that has died, and
// not those of one that is at work in the same folder.
func TestSweep(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"up/.tftp-unfinished-DEAD", "up/deeper/.tftp-unfinished-DEAD", "up/kept", ".tftp-unfinished-ELSEWHERE"} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := start(t, &tftpd.Server{Root: root, Writable: "up"})
	expectNames(t, root, "up", "deeper", "kept")
	expectNames(t, root, "up/deeper")
	expectNames(t, root, ".", ".tftp-unfinished-ELSEWHERE", "up")

	half, arrived, rest := "half", make(chan bool), make(chan string)
	var c tftpc.Client
	var once bool
	c.Progress = func(tftpc.Progress) {
		if !once {
			once = true
			close(arrived)
		}
	}
	done := make(chan error, 1)
	go func() {
		content := io.MultiReader(strings.NewReader(strings.Repeat("x", 512)), &later{text: rest})
		_, err := c.Put(t.Context(), at.String(), "up/live", content)
		done <- err
	}()
	<-arrived
	start(t, &tftpd.Server{Root: root, Writable: "up"})
	rest <- half
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(root, "up/live")); err != nil || !bytes.HasSuffix(got, []byte("xhalf")) {
		t.Errorf("%q, %v", got, err)
	}
	expectNames(t, root, "up", "deeper", "kept", "live")
}

// later is a file whose text comes later.
type later struct {
	text chan string
	r    io.Reader
}

func (l *later) Read(b []byte) (int, error) {
	if l.r == nil {
		l.r = strings.NewReader(<-l.text)
	}
	return l.r.Read(b)
}

func expectNames(t *testing.T, root, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, folder))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s has %q, want %q", folder, got, want)
	}
}
