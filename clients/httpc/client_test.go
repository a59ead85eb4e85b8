package httpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestGet(t *testing.T) {
	site := goServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/length":
			fmt.Fprint(w, "hello")
		case "/chunks":
			w.Header().Set("Trailer", "Sum")
			fmt.Fprint(w, "hel")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "lo")
			w.Header().Set("Sum", "5")
		case "/close":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			io.WriteString(conn, "HTTP/1.0 200 OK\r\n\r\nhello")
			conn.Close()
		case "/early":
			w.Header().Set("Link", "</a.css>")
			w.WriteHeader(103)
			fmt.Fprint(w, "hello")
		case "/seen":
			fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Host, r.Header.Get("Range"), r.UserAgent())
		}
	}))
	for _, path := range []string{"/length", "/chunks", "/close", "/early"} {
		response, err := (&Client{}).Get(t.Context(), site+path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got := read(t, response); got != "hello" || response.Status != 200 {
			t.Errorf("%s: %d %q", path, response.Status, got)
		}
		if want := path != "/close"; response.Persistent() != want {
			t.Errorf("%s: persistent %v", path, !want)
		}
		if path == "/chunks" && response.Trailer().Get("sum") != "5" {
			t.Errorf("trailer %v", response.Trailer())
		}
		if path == "/early" && (len(response.Interim) != 1 || response.Interim[0] != 103) {
			t.Errorf("interim %v", response.Interim)
		}
		response.Close()
	}
	host := strings.TrimPrefix(site, "http://")
	response, err := (&Client{UserAgent: "me"}).Get(t.Context(), host+"/seen", Range(2, 4))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Close()
	if got, want := read(t, response), "GET "+host+" bytes=2-4 me"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	site := answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
	response, err := (&Client{}).Do(t.Context(), &Request{Method: "HEAD", URL: site})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Close()
	if got := read(t, response); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestRedirects(t *testing.T) {
	connections := map[string]bool{}
	site := goServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		switch r.URL.Path {
		case "/a":
			http.Redirect(w, r, "b?x=1#top", http.StatusFound)
		case "/b":
			http.Redirect(w, r, "/c/", http.StatusMovedPermanently)
		case "/c/":
			fmt.Fprint(w, "here")
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusTemporaryRedirect)
		case "/tls":
			http.Redirect(w, r, "https://www.example.com/", http.StatusMovedPermanently)
		}
	}))
	client := &Client{}
	response, err := client.Get(t.Context(), site+"/a")
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, response); got != "here" || response.URL.Path != "/c/" {
		t.Errorf("got %q from %s", got, response.URL)
	}
	if len(response.Via) != 2 || response.Via[0].Status != 302 || response.Via[1].URL.RawQuery != "x=1" {
		t.Errorf("via %v", response.Via)
	}
	response.Close()
	if len(connections) != 1 {
		t.Errorf("%d connections", len(connections))
	}
	if _, err := client.Get(t.Context(), site+"/loop"); !errors.Is(err, ErrRedirects) {
		t.Errorf("a loop: %v", err)
	}
	if _, err := client.Get(t.Context(), site+"/tls"); !errors.Is(err, ErrHTTPS) {
		t.Errorf("to https: %v", err)
	}
	response, err = (&Client{MaxRedirects: -1}).Get(t.Context(), site+"/a")
	if err != nil || response.Status != 302 {
		t.Fatalf("not followed: %v", err)
	}
	response.Close()
}

// TestBadAnswers has a server for everything that a server can do wrong. What is
// wanted is the text in the error, of Get or of reading the body.
func TestBadAnswers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, test := range map[string]struct{ answer, want string }{
		"silence":                  {"", "no response"},
		"another protocol":         {"220 mail.example.edu ESMTP\r\n\r\n", "not an HTTP/1 response: it begins with \"220 mail"},
		"HTTP/2":                   {"HTTP/2.0 200 OK\r\n\r\n", "not an HTTP/1 response"},
		"endless first line":       {strings.Repeat("x", 10000), "not an HTTP/1 response"},
		"status of two digits":     {"HTTP/1.1 20 OK\r\n\r\n", "bad status line"},
		"status of letters":        {"HTTP/1.1 abc OK\r\n\r\n", "bad status line"},
		"half a header":            {ok + "Content-Le", "unexpected EOF"},
		"a field without a colon":  {ok + "hello\r\n\r\n", "without a colon"},
		"endless fields":           {ok + strings.Repeat("X: y\r\n", 100_000), "too large"},
		"half a body":              {ok + "Content-Length: 10\r\n\r\nhello", "unexpected EOF"},
		"half a chunk":             {ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "unexpected EOF"},
		"no last chunk":            {ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "unexpected EOF"},
		"a chunk that is too long": {ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n", "chunk is longer"},
		"a strange chunk":          {ok + "Transfer-Encoding: chunked\r\n\r\nhello\r\n", "chunk length"},
		"two lengths":              {ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "differ"},
		"a negative length":        {ok + "Content-Length: -5\r\n\r\nhello", "not a number"},
		"length and chunks":        {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "both"},
		"an unknown coding":        {ok + "Transfer-Encoding: gzip\r\n\r\nx", "gzip"},
		"only interim responses":   {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20), "interim"},
		"another protocol now":     {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "101"},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := (&Client{}).Get(t.Context(), answering(t, test.answer))
			if err == nil {
				_, err = io.Copy(io.Discard, response.Body)
				response.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestAnswersThatAreRead are wrong, too, but there is no doubt what they mean: the
// servers that students write.
func TestAnswersThatAreRead(t *testing.T) {
	for name, answer := range map[string]string{
		"bare LF":            "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
		"bare LF and chunks": "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n",
		"no reason":          "HTTP/1.1 200\r\n\r\nhello",
		"a folded field":     "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
		"no fields":          "HTTP/1.1 200 OK\r\n\r\nhello",
		"more than it said":  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world",
	} {
		t.Run(name, func(t *testing.T) {
			response, err := (&Client{}).Get(t.Context(), answering(t, answer))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Close()
			if got := read(t, response); got != "hello" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestAServerThatNeverAnswers(t *testing.T) {
	site := serving(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	_, err := (&Client{Timeout: 50 * time.Millisecond}).Get(t.Context(), site)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	time.AfterFunc(50*time.Millisecond, func() { cancel(enough) })
	if _, err := (&Client{}).Get(ctx, site); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func TestABodyThatNeverEnds(t *testing.T) {
	site := serving(t, func(conn net.Conn) {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		for {
			if _, err := conn.Write(make([]byte, 1000)); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	response, err := (&Client{}).Get(ctx, site)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Close()
	io.CopyN(io.Discard, response.Body, 1<<20)
	cancel()
	if _, err := io.Copy(io.Discard, response.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestURLsThatCannotBeAsked(t *testing.T) {
	for url, want := range map[string]string{
		"https://www.example.com/": ErrHTTPS.Error(),
		"ftp://www.example.com/":   "not an http URL",
		"http://":                  "without a host",
		"http:///index.html":       "without a host",
		"http://[::1":              "missing ']'",
		"http://a b/":              "invalid",
	} {
		if _, err := (&Client{}).Get(t.Context(), url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
	for _, bad := range []*Request{
		{URL: "http://127.0.0.1", Method: "GET /"},
		{URL: "http://127.0.0.1", Fields: Fields{{Name: "X", Value: "a\r\nY: b"}}},
		{URL: "http://127.0.0.1", Fields: Fields{{Name: "X:", Value: "a"}}},
	} {
		if text, err := bad.append(nil, mustParse(t, bad.URL), "x"); err == nil {
			t.Errorf("%q is a request", text)
		}
	}
}

func TestPrinter(t *testing.T) {
	site := answering(t, "HTTP/1.1 200 OK\r\nX: 中文\x80\r\nContent-Length: 5\r\n\r\nhello")
	host := strings.TrimPrefix(site, "http://")
	head := "> GET / HTTP/1.1\n> Host: " + host + "\n> User-Agent: Wirebook\n> Accept: */*\n> If-None-Match: \"a\"\n>\n" +
		"< HTTP/1.1 200 OK\n< X: 中文\\x80\n< Content-Length: 5\n<\n"
	for _, bodies := range []bool{false, true} {
		var out strings.Builder
		printer := &Printer{To: &out, Bodies: bodies}
		response, err := (&Client{Wire: printer.Wire}).Get(t.Context(), site, IfNoneMatch(`"a"`))
		if err != nil {
			t.Fatal(err)
		}
		read(t, response)
		response.Close()
		printer.Flush()
		want := head
		if bodies {
			want += "< hello\n"
		}
		if out.String() != want {
			t.Errorf("bodies %v: got\n%s\nwant\n%s", bodies, out.String(), want)
		}
	}
}

func TestPrinterDoesNotCommandTheTerminal(t *testing.T) {
	var out strings.Builder
	printer := &Printer{To: &out}
	printer.Wire(false, []byte("HTTP/1.1 200 \x1b[2JOK\r"))
	printer.Wire(false, []byte("\nX: \u202e\u009b\ty\r\n"))
	if want := "< HTTP/1.1 200 \\x1b[2JOK\n< X: \\u202e\\u009b\\ty\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestIfModifiedSince(t *testing.T) {
	when := time.Date(1994, 11, 6, 9, 49, 37, 5, time.FixedZone("", 3600))
	if got := IfModifiedSince(when).Value; got != "Sun, 06 Nov 1994 08:49:37 GMT" {
		t.Errorf("got %s", got)
	}
}

// TestSendAllOrNone: no response is waited for to a request that was not sent.
func TestSendAllOrNone(t *testing.T) {
	site := answering(t, "HTTP/1.1 204 No Content\r\n\r\n")
	target, err := ParseURL(site)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := new(Client).Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, bad := range []*Request{{URL: "http://elsewhere.example/"}, {URL: "https://" + target.Host}, {URL: site, Method: "G T"}} {
		if err := conn.Send(&Request{URL: site, Method: "HEAD"}, bad); err == nil {
			t.Errorf("sent %+v", bad)
		}
	}
	if _, err := conn.Receive(); err == nil {
		t.Error("received a response to nothing")
	}
	if err := conn.Send(&Request{URL: site}); err != nil {
		t.Fatal(err)
	}
	if response, err := conn.Receive(); err != nil || response.Status != 204 || response.method != "GET" {
		t.Errorf("%+v, %v", response, err)
	}
}
