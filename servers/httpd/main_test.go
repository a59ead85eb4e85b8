package httpd

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/internal/running"
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
	return running.Start(t, ctx, netx.OS{}, "tcp", s).String()
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
