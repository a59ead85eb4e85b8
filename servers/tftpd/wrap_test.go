package tftpd_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/internal/datagrams"
	"github.com/wirebook/wirebook/servers/tftpd"
)

// smallBlock is the smallest block: half a megabyte has more of them than there
// are block numbers.
const smallBlock = 8

// wrappingSizes are of files whose block numbers come to an end: just at the last
// block, which is empty and has the number 0, and twice.
var wrappingSizes = []int{65535 * smallBlock, 2*65536*smallBlock + 5}

// TestWrap: block 65535 is followed by block 0, in both directions, one by one
// and in windows, one of which lies across the end of the numbers.
func TestWrap(t *testing.T) {
	files := make(fstest.MapFS)
	for _, size := range wrappingSizes {
		files[fileName(size)] = &fstest.MapFile{Data: content(size), Mode: 0o644}
	}
	for _, window := range []int{0, 13} {
		t.Run(fmt.Sprintf("window %d", window), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n datagrams.Network
				server := startOn(t, t.Context(), n.Host("192.0.2.1"), &tftpd.Server{FS: files, Writable: "."})
				c := tftpc.Client{Network: n.Host("192.0.2.2"), BlockSize: smallBlock, WindowSize: window, Size: true}
				for _, size := range wrappingSizes {
					wrapThereAndBack(t, c, server, size)
				}
			})
		})
	}
}

func wrapThereAndBack(t *testing.T, c tftpc.Client, server netip.AddrPort, size int) {
	name := "up-" + fileName(size)
	sent, err := c.Put(t.Context(), server.String(), name, bytes.NewReader(content(size)))
	if want := int64(size/smallBlock + 1); err != nil || sent.Blocks != want || sent.Resent != 0 {
		t.Fatalf("put %d bytes: %+v, want %d blocks, once: %v", size, sent, want, err)
	}
	for _, name := range []string{name, fileName(size)} {
		var got bytes.Buffer
		if r, err := c.Get(t.Context(), server.String(), name, &got); err != nil || !bytes.Equal(got.Bytes(), content(size)) || r.Resent != 0 {
			t.Errorf("got %d of %d bytes of %s, %+v: %v", got.Len(), size, name, r, err)
		}
	}
}

// TestProgramsWrap: clients of others, each with the smallest block that it can
// ask for.
func TestProgramsWrap(t *testing.T) {
	at, root := fileServer(t)
	for _, p := range wrappingPrograms {
		t.Run(p.name, func(t *testing.T) {
			size := 65536*p.block + 3
			sent, name := filepath.Join(root, fileName(size)), "up/"+p.name
			if err := os.WriteFile(sent, content(size), 0o644); err != nil {
				t.Fatal(err)
			}
			local := filepath.Join(t.TempDir(), "got")
			p.run(t, p.get, at, fileName(size), local)
			expectFile(t, local, size)
			p.run(t, p.put, at, name, sent)
			expectFile(t, filepath.Join(root, name), size)
		})
	}
}

var wrappingPrograms = []struct {
	program
	block int
}{
	{program{"curl", "curl", "curl",
		[]string{"-sS", "--tftp-blksize", "8", "-o", "LOCAL", "tftp://HOST:PORT/REMOTE"},
		[]string{"-sS", "--tftp-blksize", "8", "-T", "LOCAL", "tftp://HOST:PORT/REMOTE"}}, 8},
	{program{"atftp", "atftp", "atftp",
		[]string{"--option", "blksize 8", "--option", "windowsize 16", "-g", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"},
		[]string{"--option", "blksize 8", "--option", "windowsize 16", "-p", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"}}, 8},
	{program{"busybox", "busybox", "busybox",
		[]string{"tftp", "-b", "64", "-g", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"},
		[]string{"tftp", "-b", "64", "-p", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"}}, 64},
	{program{"tftp-hpa", "tftp", "tftp-hpa",
		[]string{"-m", "octet", "HOST", "PORT", "-c", "get", "REMOTE", "LOCAL"},
		[]string{"-m", "octet", "HOST", "PORT", "-c", "put", "LOCAL", "REMOTE"}}, 512},
}
