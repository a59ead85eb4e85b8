package imapd

import (
	"net"
	"testing"

	"github.com/wirebook/wirebook/internal/transcript"
)

// TestConversations plays what stands in testdata/conversations, one file a topic,
// each conversation with a mailbox of its own.
func TestConversations(t *testing.T) {
	transcript.Dir(t, "testdata/conversations", func(t *testing.T) net.Conn {
		return dial(t, start(t, &Server{})).conn
	})
}
