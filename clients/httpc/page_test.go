package httpc

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestEmbedded(t *testing.T) {
	const page = `<html><head><link rel="stylesheet" href="s.css"><link rel="shortcut icon" href=/favicon.ico>
<link rel=canonical href=/no><script src=a.js></script><script>document.write('<img src="no.png">')</script>
</head><!-- <img src=no.png> --><body><IMG SRC=" p/1.png "><img src="../2.png#x"/><img src='p/1.png'><img>
<img src="data:image/png;base64,xx"><img src="https://x/y"><img src="//other.example/3.png?a&amp;b"><a href="no">`
	var got []string
	for _, u := range Embedded(page, mustParse(t, "http://www.example.com/d/index.html")) {
		got = append(got, u.String())
	}
	want := []string{
		"http://www.example.com/d/s.css", "http://www.example.com/favicon.ico", "http://www.example.com/d/a.js",
		"http://www.example.com/d/p/1.png", "http://www.example.com/2.png", "http://other.example/3.png?a&b",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	based := Embedded(`<base href="/x/"><img src=y>`, mustParse(t, "http://h/"))
	if len(based) != 1 || based[0].Path != "/x/y" {
		t.Errorf("with a base: %v", based)
	}
}

// TestPredict has the book's own example: a page with 10 pictures.
func TestPredict(t *testing.T) {
	for _, test := range []struct {
		mode       Mode
		objects, n int
		want       int
	}{
		{Serial, 10, 0, 22}, {Parallel, 10, 5, 6}, {Parallel, 10, 6, 6}, {Parallel, 11, 5, 8}, {Persistent, 10, 0, 12}, {Pipelined, 10, 0, 3},
		{Serial, 0, 0, 2}, {Parallel, 0, 5, 2}, {Persistent, 0, 0, 2}, {Pipelined, 0, 0, 2},
	} {
		if got := Predict(test.mode, test.objects, test.n); got != test.want {
			t.Errorf("%s, %d objects, n %d: %d, want %d", test.mode, test.objects, test.n, got, test.want)
		}
	}
}

// pageWith makes a folder with a page that has n pictures.
func pageWith(t *testing.T, n int) string {
	t.Helper()
	root := t.TempDir()
	var page strings.Builder
	for i := range n {
		name := fmt.Sprintf("%d.png", i)
		fmt.Fprintf(&page, "<img src=%s>\n", name)
		if err := os.WriteFile(filepath.Join(root, name), make([]byte, 1000), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "index.html"), []byte(page.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestCompare(t *testing.T) {
	root := pageWith(t, 10)
	info, err := os.Stat(filepath.Join(root, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for name, site := range map[string]string{
		"httpd":    ourServer(t, root),
		"net/http": goServer(t, http.FileServer(http.Dir(root))),
	} {
		visits, err := (&Client{}).Compare(t.Context(), site, 5)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, want := range []struct{ connections, predicted int }{{11, 22}, {11, 6}, {1, 12}, {1, 3}} {
			v := visits[i]
			if v.Mode != Modes[i] || v.Connections != want.connections || v.Predicted != want.predicted {
				t.Errorf("%s, %s: %d connections, %d RTTs", name, v.Mode, v.Connections, v.Predicted)
			}
			if v.Bytes != 10*1000+info.Size() || len(v.Objects) != 11 || v.Elapsed <= 0 || v.RTT <= 0 || v.RTTs() <= 0 {
				t.Errorf("%s, %s: %+v", name, v.Mode, v)
			}
			for _, object := range v.Objects {
				if object.Status != 200 || object.Err != nil || object.End < object.Begin || object.Connection < 1 {
					t.Errorf("%s, %s: %+v", name, v.Mode, object)
				}
			}
		}
	}
}

// TestAServerThatEndsEarly answers three requests on each connection, whatever
// comes: the client must ask for the rest again.
func TestAServerThatEndsEarly(t *testing.T) {
	site := serving(t, func(conn net.Conn) {
		in := make([]byte, 0, 64<<10)
		for answered := 0; answered < 3; {
			n, err := conn.Read(in[len(in):cap(in)])
			if err != nil {
				return
			}
			in = in[:len(in)+n]
			for ; answered < 3; answered++ {
				request, rest, ok := strings.Cut(string(in), "\r\n\r\n")
				if !ok {
					break
				}
				in = append(in[:0], rest...)
				body := "picture"
				if strings.HasPrefix(request, "GET / ") {
					body = strings.Repeat("<img src=a>", 1) + "<img src=b><img src=c><img src=d><img src=e><img src=f><img src=g>"
				}
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			}
		}
		conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, conn)
	})
	for _, mode := range []Mode{Persistent, Pipelined} {
		v, err := (&Client{}).Page(t.Context(), site, mode, 0)
		if err != nil {
			t.Fatal(err)
		}
		if v.Connections != 3 {
			t.Errorf("%s: %d connections", mode, v.Connections)
		}
		for _, object := range v.Objects[1:] {
			if object.Bytes != int64(len("picture")) || object.Err != nil {
				t.Errorf("%s: %+v", mode, object)
			}
		}
	}
}

func TestObjectsThatCannotBeHad(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := gone.Addr().String()
	gone.Close()
	site := goServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			fmt.Fprintf(w, "<img src=missing><img src=broken><img src=good><img src=http://%s/x>", elsewhere)
		case "/good":
			fmt.Fprint(w, "good")
		case "/broken":
			conn, _, _ := http.NewResponseController(w).Hijack()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken")
			conn.Close()
		default:
			http.NotFound(w, r)
		}
	}))
	for _, mode := range Modes {
		v, err := (&Client{}).Page(t.Context(), site, mode, 2)
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		o := v.Objects
		if o[1].Status != 404 || o[2].Err == nil || o[3].Bytes != 4 || o[3].Err != nil || o[4].Err == nil || o[4].Status != 0 {
			t.Errorf("%s: %+v", mode, o)
		}
	}
}

func TestPagesThatCannotBeHad(t *testing.T) {
	site := goServer(t, http.NotFoundHandler())
	if _, err := (&Client{}).Page(t.Context(), site, Serial, 0); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("404: %v", err)
	}
	if _, err := (&Client{}).Page(t.Context(), site, Parallel, 0); err != ErrAtOnce {
		t.Errorf("no connections: %v", err)
	}
	if _, err := (&Client{}).Page(t.Context(), "https://x", Serial, 0); err == nil {
		t.Error("https: no error")
	}
	if _, err := (&Client{}).Page(t.Context(), answering(t, "hello"), Pipelined, 0); err == nil {
		t.Error("garbage: no error")
	}
}
