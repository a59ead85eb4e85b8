package httpc

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/peer"
)

// TestPeers gets the same folder from servers that nobody here wrote.
func TestPeers(t *testing.T) {
	const modified = "Sun, 06 Nov 1994 08:49:37 GMT"
	root := pageWith(t, 10)
	large := bytes.Repeat([]byte("0123456789"), 300_000)
	file := filepath.Join(root, "large.txt")
	if err := os.WriteFile(file, large, 0o644); err != nil {
		t.Fatal(err)
	}
	when, _ := http.ParseTime(modified)
	if err := os.Chtimes(file, when, when); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name       string
		start      func(t *testing.T, root string) string
		persistent bool
		ranges     bool
	}{
		{"httpd", ourServer, true, true},
		{"nginx", nginx, true, true},
		{"python", pythonServer, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := test.start(t, root)
			client := &Client{}
			response, err := client.Get(t.Context(), site+"/large.txt")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Close()
			if got := read(t, response); got != string(large) {
				t.Errorf("%d bytes", len(got))
			}
			if response.Persistent() != test.persistent || response.Fields.Get("last-modified") != modified {
				t.Errorf("%v", response.Fields)
			}
			unchanged, err := client.Get(t.Context(), site+"/large.txt", IfModifiedSince(when))
			if err != nil || unchanged.Status != 304 {
				t.Fatalf("not modified: %v %v", unchanged, err)
			}
			unchanged.Close()
			part, err := client.Get(t.Context(), site+"/large.txt", Range(1000, 1004))
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, part); test.ranges && (part.Status != 206 || got != "01234") {
				t.Errorf("range: %d %q", part.Status, got)
			}
			part.Close()
			visits, err := client.Compare(t.Context(), site, 4)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range visits {
				want := 11
				if test.persistent && v.Mode >= Persistent {
					want = 1
				}
				if v.Connections != want || v.Bytes < 10_000 {
					t.Errorf("%s: %d connections, %d bytes", v.Mode, v.Connections, v.Bytes)
				}
			}
		})
	}
}

// nginx starts Debian's nginx on a socket that it inherits, as it does when a new
// nginx takes over from an old one: so it never has to guess at a free port.
func nginx(t *testing.T, root string) string {
	program := peer.Path(t, "nginx", "nginx-light")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	folder := t.TempDir()
	config := filepath.Join(folder, "nginx.conf")
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	text := fmt.Sprintf(`daemon off; %s pid %[2]s/pid; error_log stderr;
events {}
http {
	access_log off;
	types { text/plain txt; text/html html; }
	client_body_temp_path %[2]s/a; proxy_temp_path %[2]s/b; fastcgi_temp_path %[2]s/c; uwsgi_temp_path %[2]s/d; scgi_temp_path %[2]s/e;
	server { listen %[3]s; root %[4]s; }
}`, user, folder, ln.Addr(), root)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", config)
	cmd.Env = append(os.Environ(), "NGINX=3;")
	cmd.ExtraFiles = []*os.File{socket}
	runUntilEnd(t, cmd)
	return "http://" + ln.Addr().String()
}

// pythonServer starts Python's http.server, which says which port it has got.
func pythonServer(t *testing.T, root string) string {
	program := peer.Path(t, "python3", "python3")
	cmd := exec.Command(program, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", root, "0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	runUntilEnd(t, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	_, rest, ok := strings.Cut(line, "(http://")
	address, _, _ := strings.Cut(rest, "/)")
	if err != nil || !ok {
		t.Fatalf("it said %q (%v)", line, err)
	}
	return "http://" + address
}

// runUntilEnd starts a program and ends it with the test.
func runUntilEnd(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var errors bytes.Buffer
	cmd.Stderr = &errors
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s", errors.String())
		}
	})
}
