package tftpc_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/tftpc"
	"github.com/wirebook/wirebook/internal/peer"
)

// servers that others have written. Their commands serve dir at the address.
// dnsmasq cannot be told a port.
var servers = []struct {
	name, program, debian string
	port                  string // empty: any
	args                  func(dir, host, port string) []string
	readOnly              bool
}{
	{"tftpd-hpa", "in.tftpd", "tftpd-hpa", "", func(dir, host, port string) []string {
		return []string{"-L", "-a", host + ":" + port, "-u", "root", "-c", "-s", dir}
	}, false},
	{"dnsmasq", "dnsmasq", "dnsmasq-base", "69", func(dir, host, _ string) []string {
		return []string{"-k", "--conf-file=/dev/null", "--pid-file=", "--port=0", "--enable-tftp", "--tftp-root=" + dir,
			"--user=root", "--listen-address=" + host, "--bind-interfaces"}
	}, true},
	{"atftpd", "atftpd", "atftpd", "", func(dir, host, port string) []string {
		return []string{"--daemon", "--no-fork", "--user", "root", "--group", "root", "--logfile", "/dev/null", "--bind-address", host, "--port", port, dir}
	}, false},
}

// ownAddress is one of this machine's that nobody else is likely to use, so that
// even a fixed port is free there.
func ownAddress() string {
	return fmt.Sprintf("127.69.%d.%d", rand.IntN(256), 1+rand.IntN(254))
}

func TestServersOfOthers(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("these servers must be started by root, on Linux")
	}
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			host, port := ownAddress(), s.port
			if port == "" {
				port = freePort(t, host)
			}
			serve(t, net.JoinHostPort(host, port), dir, peer.Path(t, s.program, s.debian), s.args(dir, host, port))
			for name, c := range clients {
				t.Run(name, func(t *testing.T) { thereAndBack(t, c, net.JoinHostPort(host, port), dir, s.readOnly, sizes) })
			}
			// More blocks than there are numbers: 65535 is followed by 0.
			small := tftpc.Client{BlockSize: 8}
			t.Run("wrap", func(t *testing.T) {
				thereAndBack(t, small, net.JoinHostPort(host, port), dir, s.readOnly, []int{65536*small.BlockSize + 3})
			})
		})
	}
}

var clients = map[string]tftpc.Client{
	"plain":   {},
	"options": {BlockSize: 1428, Size: true, AskTimeout: true},
	"windows": {BlockSize: 1428, WindowSize: 16},
}

func freePort(t *testing.T, host string) string {
	conn, err := net.ListenPacket("udp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return fmt.Sprint(conn.LocalAddr().(*net.UDPAddr).Port)
}

// serve runs a server until the test ends, and returns when it answers.
func serve(t *testing.T, at, dir, program string, args []string) {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s", said.Bytes())
		}
	})
	const probe = ".probe"
	if err := os.WriteFile(filepath.Join(dir, probe), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	patient := tftpc.Client{Timeout: 100 * time.Millisecond, Retries: 40}
	if _, err := patient.Get(t.Context(), at, probe, io.Discard); err != nil {
		t.Fatal(err)
	}
}

var sizes = []int{0, 511, 512, 513, 1428, 1 << 20}

func thereAndBack(t *testing.T, c tftpc.Client, at, dir string, readOnly bool, sizes []int) {
	for _, size := range sizes {
		content := make([]byte, size)
		rand.NewChaCha8([32]byte{1}).Read(content)
		name := fmt.Sprintf("%d.bin", size)
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if r, err := c.Get(t.Context(), at, name, &got); err != nil || !bytes.Equal(got.Bytes(), content) {
			t.Errorf("get %d bytes: %d, %+v: %v", size, got.Len(), r, err)
		}
		if readOnly {
			continue
		}
		if r, err := c.Put(t.Context(), at, "up-"+name, bytes.NewReader(content)); err != nil {
			t.Errorf("put %d bytes: %+v: %v", size, r, err)
		}
		getBack(t, c, at, "up-"+name, content)
	}
}

// getBack gets what was put. A server may acknowledge the last block before it
// has written the file (atftpd does), so what comes at once may be too little.
func getBack(t *testing.T, c tftpc.Client, at, name string, want []byte) {
	t.Helper()
	const patience = 10 * time.Second
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		var got bytes.Buffer
		r, err := c.Get(t.Context(), at, name, &got)
		if err == nil && bytes.Equal(got.Bytes(), want) {
			return
		}
		if time.Since(began) > patience {
			t.Errorf("get back %d bytes: %d, %+v: %v", len(want), got.Len(), r, err)
			return
		}
	}
}
