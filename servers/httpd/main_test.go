package httpd

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// changed is when the files of the test site were last changed.
var changed = time.Date(1994, time.November, 6, 8, 49, 37, 0, time.UTC)

// testSite is what the conversations in testdata are about.
func testSite() fstest.MapFS {
	file := func(content string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(content), Mode: 0o644, ModTime: changed}
	}
	return fstest.MapFS{
		"index.html":        file("<h1>Hello</h1>"),
		"ten.txt":           file("0123456789"),
		"empty.txt":         file(""),
		"docs/index.html":   file("the docs\n"),
		"docs/two words":    file("two words\n"),
		"docs/..hidden":     file("dots\n"),
		"pictures/a.png":    file("\x89PNG"),
		"中文/你好.html":        file("你好\n"),
		"plain/no-ending":   file("?"),
		"plain/archive.tgz": file("?"),
	}
}

// start serves until the test ends and returns the server's address.
func start(t testing.TB, s *Server) string {
	t.Helper()
	return startIn(t, context.Background(), s)
}

func startIn(t testing.TB, ctx context.Context, s *Server) string {
	t.Helper()
	if s.Root == "" && s.FS == nil {
		s.FS = testSite()
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.Addr = "127.0.0.1:0"
	ctx, cancel := context.WithCancel(ctx)
	nw := &listening{at: make(chan net.Addr, 1)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, nw) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	select {
	case at := <-nw.at:
		return at.String()
	case err := <-ended:
		ended <- nil
		t.Fatalf("Serve: %v", err)
	}
	return ""
}

// listening is the machine's network that tells where a server listens.
type listening struct {
	netx.OS
	at chan net.Addr
}

func (l *listening) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := l.OS.Listen(ctx, network, address)
	if err == nil {
		l.at <- ln.Addr()
	}
	return ln, err
}

func dial(t testing.TB, address string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn.(*net.TCPConn)
}
