package httpd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/peer"
)

// run runs a program that nobody here wrote, and returns what it printed.
func run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "http_proxy=", "HOME="+cmd.Dir)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(arguments, " "), err, out, errors.String())
	}
	return string(out)
}

func TestCurl(t *testing.T) {
	curl := peer.Path(t, "curl", "curl")
	site := "http://" + start(t, &Server{})
	ask := func(arguments ...string) string {
		return run(t, curl, append([]string{"-sS", "--max-time", "20"}, arguments...)...)
	}
	status := "%{http_code} %{num_connects}\n"
	upload := filepath.Join(t.TempDir(), "upload")
	if err := os.WriteFile(upload, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what string
		args []string
		want string
	}{
		{"a page", []string{site + "/"}, "<h1>Hello</h1>"},
		{"a range", []string{"--range", "2-4", site + "/ten.txt"}, "234"},
		{"the end", []string{"--range", "-2", site + "/ten.txt"}, "89"},
		{"HTTP/1.0", []string{"--http1.0", site + "/ten.txt"}, "0123456789"},
		{"a redirect", []string{"-L", "-w", status, site + "/docs"}, "the docs\n200 1\n"},
		{"not newer", []string{"-z", "Mon, 07 Nov 1994 00:00:00 GMT", "-w", status, site + "/"}, "304 1\n"},
		{"newer", []string{"-z", "Sat, 05 Nov 1994 00:00:00 GMT", site + "/ten.txt"}, "0123456789"},
		{"two on a connection", []string{"-w", status, site + "/ten.txt", site + "/docs/"}, "0123456789200 1\nthe docs\n200 0\n"},
		{"an upload", []string{"-o", "x", "-T", upload, "-w", status, site + "/up"}, "405 1\n"},
		{"chunks", []string{"-o", "x", "-H", "Transfer-Encoding: chunked", "--data", "abc", "-w", status, site + "/"}, "405 1\n"},
		{"a name as it was typed", []string{"--globoff", site + "/中文/你好.html"}, "你好\n"},
		{"a proxy's request", []string{"-x", site, "http://www.example.com/ten.txt"}, "0123456789"},
	} {
		if got := ask(test.args...); got != test.want {
			t.Errorf("%s: got %q, want %q", test.what, got, test.want)
		}
	}
	if head := ask("-I", site+"/ten.txt"); !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") || !strings.Contains(head, "Content-Length: 10\r\n") {
		t.Errorf("-I: %q", head)
	}
}

func TestWget(t *testing.T) {
	wget := peer.Path(t, "wget", "wget")
	site := "http://" + start(t, &Server{})
	if got := run(t, wget, "-q", "-O", "-", "--tries=1", site+"/docs"); got != "the docs\n" {
		t.Errorf("got %q", got)
	}
}

func TestPythonUrllib(t *testing.T) {
	python := peer.Path(t, "python3", "python3")
	site := "http://" + start(t, &Server{})
	const program = `import sys, urllib.request
answer = urllib.request.urlopen(sys.argv[1])
print(answer.status, answer.headers["Content-Type"], answer.read().decode().strip())`
	want := "200 text/html; charset=utf-8 你好\n"
	if got := run(t, python, "-X", "utf8", "-c", program, site+"/%E4%B8%AD%E6%96%87/%E4%BD%A0%E5%A5%BD.html"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
