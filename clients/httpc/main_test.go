package httpc

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/httpd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answering is a server that reads a request and answers each connection with the
// same bytes, whatever they are.
func answering(t *testing.T, answer string) (url string) {
	return serving(t, func(conn net.Conn) {
		if _, err := conn.Read(make([]byte, 4096)); err == nil {
			io.WriteString(conn, answer)
		}
	})
}

// serving is a server that hands its connections to a function, and closes them
// when that returns.
func serving(t *testing.T, handle func(conn net.Conn)) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		var acceptor netx.Acceptor
		acceptor.Serve(ctx, ln, func(_ context.Context, conn net.Conn) { handle(conn) })
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return "http://" + ln.Addr().String()
}

// goServer is net/http's server.
func goServer(t *testing.T, handler http.Handler) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	var done sync.WaitGroup
	done.Go(func() { server.Serve(ln) })
	t.Cleanup(func() { server.Close(); done.Wait() })
	return "http://" + ln.Addr().String()
}

// ourServer is servers/httpd with a folder.
func ourServer(t *testing.T, root string) (url string) {
	t.Helper()
	server := &httpd.Server{Addr: "127.0.0.1:0", Root: root}
	return "http://" + running.Start(t, t.Context(), netx.OS{}, "tcp", server).String()
}

func read(t *testing.T, response *Response) string {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
