package httpd

import (
	"net"
	"testing"

	"github.com/wirebook/wirebook/internal/transcript"
)

// TestConversations plays what stands in testdata/conversations, one file a
// topic.
func TestConversations(t *testing.T) {
	address := start(t, &Server{MaxRequestLine: 200, MaxHeader: 1000, MaxFields: 20, MaxBody: 100})
	transcript.Dir(t, "testdata/conversations", func(t *testing.T) net.Conn { return dial(t, address) })
}
