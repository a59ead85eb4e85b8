package tftpd_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/internal/datagrams"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/tftpd"
)

// TestCrowd: who finds the server full asks again, and is served when there is
// room.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n datagrams.Network
		s := &tftpd.Server{FS: fstest.MapFS{"a": {Data: []byte("a")}}, MaxTransfers: 1}
		server := startOn(t, t.Context(), n.Host("192.0.2.1"), s)
		p := player(t, &n, server)
		first, err := datagrams.TFTP("RRQ a octet")
		if err != nil {
			t.Fatal(err)
		}
		p.Sockets["stranger"].WriteToUDPAddrPort(first, server) // and then it says nothing more
		synctest.Wait()
		start := time.Now()
		c := tftpc.Client{Network: n.Host("192.0.2.4"), Retries: 10}
		var got bytes.Buffer
		if _, err := c.Get(t.Context(), server.String(), "a", &got); err != nil || got.String() != "a" {
			t.Errorf("%q, %v", got.String(), err)
		}
		if took := time.Since(start); took < 39*time.Second {
			t.Errorf("served after %v, while another had the only place", took)
		}
	})
}

// TestNoWayOut: a symbolic link does not lead out of the folder.
func TestNoWayOut(t *testing.T) {
	outside, root := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "out")); err != nil {
		t.Skip(err)
	}
	at := start(t, &tftpd.Server{Root: root, Writable: "."}).String()
	var c tftpc.Client
	var got bytes.Buffer
	if _, err := c.Get(t.Context(), at, "out/secret", &got); err == nil || got.Len() > 0 {
		t.Errorf("read %q, %v", got.String(), err)
	}
	if _, err := c.Put(t.Context(), at, "out/new", bytes.NewReader(nil)); err == nil {
		t.Error("wrote outside the folder")
	}
	if _, err := os.Stat(filepath.Join(outside, "new")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := c.Put(t.Context(), at, "none/new", bytes.NewReader(nil)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("wrote into a folder that does not exist: %v", err)
	}
}

func TestOverwrite(t *testing.T) {
	root := t.TempDir()
	at := start(t, &tftpd.Server{Root: root, Writable: ".", Overwrite: true}).String()
	for _, text := range []string{"first", "second"} {
		var c tftpc.Client
		if _, err := c.Put(t.Context(), at, "file", bytes.NewReader([]byte(text))); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(root, "file")); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestWhatCannotBeServed(t *testing.T) {
	for name, s := range map[string]*tftpd.Server{
		"nothing": {}, "no folder": {Root: filepath.Join(t.TempDir(), "none")}, "a bad folder": {FS: fstest.MapFS{}, Writable: "../up"},
	} {
		if err := s.Serve(t.Context(), netx.OS{}); err == nil {
			t.Errorf("%s was served", name)
		}
	}
}
