package smtpd

import (
	"net"
	"testing"

	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/transcript"
)

// TestConversations plays what stands in testdata/conversations, one file a topic,
// with a stranger as the client.
func TestConversations(t *testing.T) {
	for _, role := range []string{"mx", "submission"} {
		t.Run(role, func(t *testing.T) {
			s := start(t, newStreets(), &Server{MaxSize: 100_000, MaxRecipients: 5, TLS: certificate.For(t).Server})
			address := map[string]string{"mx": s.mx, "submission": s.submit}[role]
			transcript.Dir(t, "testdata/conversations/"+role, func(t *testing.T) net.Conn { return dialOnly(t, address) })
		})
	}
}

func dialOnly(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
