package httpd

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// get is a GET by net/http, the oracle.
func get(t testing.TB, url string) (*http.Response, string) {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func write(t testing.TB, folder, name, content string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestNothingLeadsOutOfTheFolder(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "secret", "secret")
	root := t.TempDir()
	write(t, root, "inside", "inside")
	for name, target := range map[string]string{
		"out":      filepath.Join(outside, "secret"),
		"out-dir":  outside,
		"up":       "../" + filepath.Base(outside) + "/secret",
		"loop":     "loop",
		"not-out":  "inside",
		"dangling": "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	address := start(t, &Server{Root: root, Listing: true})
	for path, want := range map[string]int{
		"/inside": 200, "/not-out": 200,
		"/out": 404, "/out-dir/secret": 404, "/out-dir/": 404, "/out-dir": 404, "/up": 404, "/loop": 404, "/dangling": 404,
		"/%2e%2e/" + filepath.Base(outside) + "/secret":     404,
		"/..%2f" + filepath.Base(outside) + "/secret":       404,
		"/..%5c" + filepath.Base(outside) + "/secret":       404,
		"/inside/../../" + filepath.Base(outside):           404,
		"/" + strings.Repeat("x", 3000):                     404,
		"/" + strings.Repeat("%78", 300):                    404,
		"//" + strings.TrimPrefix(outside, "/") + "/secret": 404,
	} {
		response, body := get(t, "http://"+address+path)
		if response.StatusCode != want || strings.Contains(body, "secret\n") || body == "secret" {
			t.Errorf("%s: %d %q, want %d", path, response.StatusCode, body, want)
		}
	}
}

func TestWhatMayNotBeReadIsForbidden(t *testing.T) {
	address := start(t, &Server{FS: forbidding{testSite()}})
	if response, _ := get(t, "http://"+address+"/ten.txt"); response.StatusCode != 403 {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestAFileIsSeenToChange(t *testing.T) {
	root, now := t.TempDir(), clock.NewMovable()
	write(t, root, "page.html", "old")
	address := start(t, &Server{Root: root, Clock: now})
	url := "http://" + address + "/page.html"
	before, body := get(t, url)
	if body != "old" {
		t.Fatalf("got %q", body)
	}
	write(t, root, "page.html", "newer")
	now.Skip(time.Second)
	after, body := get(t, url)
	if body != "newer" || after.Header.Get("ETag") == before.Header.Get("ETag") {
		t.Errorf("got %q, tags %s %s", body, before.Header.Get("ETag"), after.Header.Get("ETag"))
	}
	if err := os.Remove(filepath.Join(root, "page.html")); err != nil {
		t.Fatal(err)
	}
	now.Skip(time.Second)
	if response, _ := get(t, url); response.StatusCode != 404 {
		t.Errorf("removed: %d", response.StatusCode)
	}
}

func TestALargeFile(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	root, now := t.TempDir(), clock.NewMovable()
	write(t, root, "large.bin", string(content))
	address := start(t, &Server{Root: root, Clock: now})
	url := "http://" + address + "/large.bin"
	response, body := get(t, url)
	if body != string(content) || response.ContentLength != int64(len(content)) {
		t.Errorf("%d bytes, Content-Length %d", len(body), response.ContentLength)
	}
	request, _ := http.NewRequest("GET", url, nil)
	request.Header.Set("Range", "bytes=1000000-1000015")
	part, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(part.Body)
	part.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if string(got) != string(content[1000000:1000016]) {
		t.Errorf("got %q", got)
	}
	// It changes within the second in which it is not looked at again.
	write(t, root, "large.bin", string(content[:100_000]))
	if _, body := get(t, url); body != string(content[:100_000]) {
		t.Errorf("after a change: %d bytes", len(body))
	}
}

// streams is a file system whose files can only be read from the beginning.
type streams struct{ fs.FS }

func (s streams) Open(name string) (fs.File, error) {
	file, err := s.FS.Open(name)
	return struct{ fs.File }{file}, err
}

// forbidding is a file system whose files may be looked at, but not read.
type forbidding struct{ fstest.MapFS }

func (f forbidding) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

func TestContentFromAnywhere(t *testing.T) {
	large := bytes.Repeat([]byte("x"), smallFile+1)
	site := fstest.MapFS{
		"small": {Data: []byte("small")},
		"large": {Data: large},
	}
	address := start(t, &Server{FS: streams{site}})
	for _, name := range []string{"small", "large"} {
		response, body := get(t, "http://"+address+"/"+name)
		sum := sha256.Sum256(site[name].Data)
		if body != string(site[name].Data) || response.Header.Get("ETag") != fmt.Sprintf(`"%x"`, sum[:12]) {
			t.Errorf("%s: %d bytes, ETag %s", name, len(body), response.Header.Get("ETag"))
		}
		if response.Header.Get("Last-Modified") != "" {
			t.Errorf("%s: Last-Modified %s", name, response.Header.Get("Last-Modified"))
		}
	}
	request, _ := http.NewRequest("GET", "http://"+address+"/large", nil)
	request.Header.Set("Range", "bytes=-10")
	request.Close = true
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); string(body) != "xxxxxxxxxx" {
		t.Errorf("range: %q", body)
	}
}

func TestTheTimeOfEmbeddedFiles(t *testing.T) {
	address := start(t, &Server{FS: fstest.MapFS{"a": {Data: []byte("a")}}, ModTime: changed})
	response, _ := get(t, "http://"+address+"/a")
	if got := response.Header.Get("Last-Modified"); got != "Sun, 06 Nov 1994 08:49:37 GMT" {
		t.Errorf("Last-Modified %q", got)
	}
}

func TestLastModifiedIsNotInTheFuture(t *testing.T) {
	later := &fstest.MapFile{Data: []byte("a"), ModTime: time.Now().Add(time.Hour)}
	address := start(t, &Server{FS: fstest.MapFS{"a": later}})
	response, _ := get(t, "http://"+address+"/a")
	changed, err := http.ParseTime(response.Header.Get("Last-Modified"))
	date, dateErr := http.ParseTime(response.Header.Get("Date"))
	if err != nil || dateErr != nil || changed.After(date) {
		t.Errorf("Last-Modified %s, Date %s", response.Header.Get("Last-Modified"), response.Header.Get("Date"))
	}
}

func TestAListing(t *testing.T) {
	root := t.TempDir()
	write(t, root, "pub/a <b>&.txt", "")
	write(t, root, "pub/中文/x", "")
	write(t, root, "pub/http:x", "")
	address := start(t, &Server{Root: root, Listing: true})
	_, body := get(t, "http://"+address+"/pub/")
	want := `<!DOCTYPE html>
<title>/pub</title>
<h1>/pub</h1>
<ul>
<li><a href="../">../</a>
<li><a href="./a%20%3Cb%3E&amp;.txt">a &lt;b&gt;&amp;.txt</a>
<li><a href="./http:x">http:x</a>
<li><a href="./%E4%B8%AD%E6%96%87/">中文/</a>
</ul>
`
	if body != want {
		t.Errorf("got\n%s", body)
	}
}

func TestMemoryForFilesIsLimited(t *testing.T) {
	f := &files{}
	for i := range 3 * maxKnown {
		f.remember(fmt.Sprint("/", i), &document{content: make([]byte, 10)})
		if len(f.known) > maxKnown || f.memory != int64(10*len(f.known)) {
			t.Fatalf("%d documents, %d bytes", len(f.known), f.memory)
		}
	}
	big := make([]byte, maxMemory/3+1)
	for i := range 10 {
		f.remember(fmt.Sprint("/big", i), &document{content: big})
		if f.memory > maxMemory {
			t.Fatalf("%d bytes", f.memory)
		}
	}
}

func TestServersWithoutContent(t *testing.T) {
	for _, s := range []*Server{{}, {Root: filepath.Join(t.TempDir(), "nowhere")}} {
		if err := s.Serve(t.Context(), nil); err == nil {
			t.Errorf("Root %q is served", s.Root)
		}
	}
}
