package control

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/netx"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	guest.Main()
	// The race detector waits a second before a process ends.
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	goleak.VerifyTestMain(m)
}

// ownDirectory gives a test a directory for its sockets. Its path is short,
// because the name of a Unix socket has little room.
func ownDirectory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return dir
}

// serving runs handler as the default world of a private directory until the
// test ends or stop is called, and returns a client.
func serving(t *testing.T, handler http.Handler) (c *Client, stop func()) {
	t.Helper()
	ownDirectory(t)
	ln, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, handler) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		done <- nil
	}
	t.Cleanup(stop)
	c, err = Dial("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, stop
}

// osNetwork is a Network whose sockets are this machine's, opened by a server
// on the other side of a Unix socket.
func osNetwork(t *testing.T) (*Network, func()) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("POST /net", Sockets(func(name string) (netx.Network, error) {
		switch name {
		case "alice":
			return netx.OS{}, nil
		case "bare":
			return struct{ netx.Network }{netx.OS{}}, nil
		}
		return nil, os.ErrNotExist
	}))
	c, stop := serving(t, mux)
	return &Network{Client: c, Host: "alice"}, stop
}
