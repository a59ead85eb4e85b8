package tftpd_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/wirebook/wirebook/internal/datagrams"
	"github.com/wirebook/wirebook/servers/tftpd"
)

// testFiles are what the conversations in testdata are about.
var testFiles = map[string]string{
	"hello.txt":     "hello\n",
	"empty":         "",
	"600":           strings.Repeat("x", 600),
	"1024":          strings.Repeat("x", 1024),
	"lines":         "one\ntwo\r\n",
	"cut":           strings.Repeat("x", 511) + "\n",
	"folder/inside": "",
	"up/old":        "old",
}

// contents are the two places where files can be.
var contents = map[string]func(t *testing.T, s *tftpd.Server){
	"folder": func(t *testing.T, s *tftpd.Server) {
		s.Root = t.TempDir()
		for name, text := range testFiles {
			path := filepath.Join(s.Root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	},
	"memory": func(_ *testing.T, s *tftpd.Server) {
		files := make(fstest.MapFS)
		for name, text := range testFiles {
			files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		}
		s.FS = files
	},
}

// TestConversations plays the golden conversations, to the second.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		scripts, err := datagrams.ReadScripts(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, script := range scripts {
			for where, fill := range contents {
				t.Run(script.Name+"/"+where, func(t *testing.T) { play(t, script, fill) })
			}
		}
	}
}

func play(t *testing.T, script datagrams.Script, fill func(*testing.T, *tftpd.Server)) {
	s := &tftpd.Server{Addr: ":69", Writable: "up", MaxSize: 10_000, MaxWindow: 16}
	fill(t, s)
	synctest.Test(t, func(t *testing.T) {
		var n datagrams.Network
		server := startOn(t, t.Context(), n.Host("192.0.2.1"), s)
		p := player(t, &n, server)
		if err := p.Play(script); err != nil {
			t.Error(err)
		}
	})
	if unfinished, _ := filepath.Glob(filepath.Join(s.Root, "up", ".*")); len(unfinished) > 0 {
		t.Errorf("left behind: %v", unfinished)
	}
}

func player(t *testing.T, n *datagrams.Network, server netip.AddrPort) *datagrams.Player {
	p := &datagrams.Player{Sockets: make(map[string]*datagrams.Socket), Port69: server}
	for name, address := range map[string]string{"client": "192.0.2.2", "stranger": "192.0.2.3"} {
		conn, err := n.Host(address).ListenPacket(t.Context(), "udp", ":1024")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		p.Sockets[name] = conn.(*datagrams.Socket)
	}
	return p
}
