package tftpd_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/servers/tftpd"
)

// sizes are those at which blocks end exactly, or not: of 512 bytes, and of
// 1428.
var sizes = []int{0, 1, 511, 512, 513, 1024, 1428, 5 * 1428, 10 << 20}

// content is a file of that size, always the same.
func content(size int) []byte {
	b := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{byte(size), byte(size >> 8)})
	rng.Read(b)
	return b
}

func fileName(size int) string { return fmt.Sprintf("%d.bin", size) }

// fileServer serves a folder that has a file of each size.
func fileServer(t *testing.T) (at netip.AddrPort, root string) {
	root = t.TempDir()
	for _, size := range sizes {
		if err := os.WriteFile(filepath.Join(root, fileName(size)), content(size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "up"), 0o755); err != nil {
		t.Fatal(err)
	}
	return start(t, &tftpd.Server{Root: root, Writable: "up"}), root
}

// program is a client that others have written. get and put are its command
// lines, of which HOST, PORT, REMOTE and LOCAL are filled in.
type program struct {
	name, path, debian string
	get, put           []string
}

var programs = []program{
	{"tftp-hpa", "tftp", "tftp-hpa",
		[]string{"-m", "octet", "HOST", "PORT", "-c", "get", "REMOTE", "LOCAL"},
		[]string{"-m", "octet", "HOST", "PORT", "-c", "put", "LOCAL", "REMOTE"}},
	{"atftp", "atftp", "atftp",
		[]string{"-g", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"},
		[]string{"-p", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"}},
	{"atftp-options", "atftp", "atftp",
		[]string{"--option", "blksize 1428", "--option", "windowsize 16", "--option", "tsize", "--option", "timeout 2", "-g", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"},
		[]string{"--option", "blksize 1428", "--option", "windowsize 16", "--option", "tsize", "--option", "timeout 2", "-p", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"}},
	{"curl", "curl", "curl",
		[]string{"-sS", "-o", "LOCAL", "tftp://HOST:PORT/REMOTE"},
		[]string{"-sS", "-T", "LOCAL", "tftp://HOST:PORT/REMOTE"}},
	{"curl-options", "curl", "curl",
		[]string{"-sS", "--tftp-blksize", "1428", "-o", "LOCAL", "tftp://HOST:PORT/REMOTE"},
		[]string{"-sS", "--tftp-blksize", "1428", "-T", "LOCAL", "tftp://HOST:PORT/REMOTE"}},
	{"busybox", "busybox", "busybox",
		[]string{"tftp", "-g", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"},
		[]string{"tftp", "-p", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"}},
	{"busybox-options", "busybox", "busybox",
		[]string{"tftp", "-b", "1428", "-g", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"},
		[]string{"tftp", "-b", "1428", "-p", "-r", "REMOTE", "-l", "LOCAL", "HOST", "PORT"}},
}

func (p program) run(t *testing.T, args []string, at netip.AddrPort, remote, local string) {
	t.Helper()
	fill := strings.NewReplacer("HOST", at.Addr().String(), "PORT", fmt.Sprint(at.Port()), "REMOTE", remote, "LOCAL", local)
	line := make([]string, len(args))
	for i, arg := range args {
		line[i] = fill.Replace(arg)
	}
	if out, err := exec.CommandContext(t.Context(), peer.Path(t, p.path, p.debian), line...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(line, " "), err, out)
	}
}

// TestPrograms: what others have written gets and puts files of all sizes.
func TestPrograms(t *testing.T) {
	at, root := fileServer(t)
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			for _, size := range sizes {
				local := filepath.Join(t.TempDir(), "got")
				p.run(t, p.get, at, fileName(size), local)
				expectFile(t, local, size)
				sent, name := filepath.Join(root, fileName(size)), "up/"+p.name+fileName(size)
				p.run(t, p.put, at, name, sent)
				expectFile(t, filepath.Join(root, name), size)
			}
		})
	}
}

func expectFile(t *testing.T, path string, size int) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil && (size > 0 || !os.IsNotExist(err)) {
		t.Error(err) // a client may make no file of an empty one
		return
	}
	if !bytes.Equal(got, content(size)) {
		t.Errorf("%s: %d bytes, which are not the %d of the file", path, len(got), size)
	}
}
