package httpd

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/internal/transcript"
	"github.com/wirebook/wirebook/netx"
)

// TestConversations plays what stands in testdata/conversations, one file a
// topic.
func TestConversations(t *testing.T) {
	address := start(t, &Server{MaxRequestLine: 200, MaxHeader: 1000, MaxFields: 20, MaxBody: 100})
	transcript.Dir(t, "testdata/conversations", func(t *testing.T) net.Conn { return dial(t, address) })
}

// TestServeEndsAndBeginsAgain ends a server in the middle of its conversations,
// and starts it once more, as a supervisor does.
func TestServeEndsAndBeginsAgain(t *testing.T) {
	server := &Server{FS: testSite(), Addr: "127.0.0.1:0"}
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		nw := running.Listening(netx.OS{}, "tcp")
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx, nw) }()
		address := (<-nw.At).String()
		idle, half := dial(t, address), dial(t, address)
		fmt.Fprint(idle, getTen)
		if got := status(t, idle); got != 200 {
			t.Errorf("status %d", got)
		}
		fmt.Fprint(half, "GET / HT")
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
		for _, conn := range []net.Conn{idle, half} {
			if n, _ := io.Copy(io.Discard, conn); n > 0 {
				t.Errorf("%d bytes after the end", n)
			}
		}
	}
}
