package smtpc

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/internal/transcript"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func play(t testing.TB, conversation string) *Client {
	t.Helper()
	return &Client{Network: transcript.Server(t, conversation), Timeout: 20 * time.Second, Name: "alice.example.edu"}
}

func dialed(t testing.TB, conversation string) *Session {
	t.Helper()
	s, err := play(t, conversation).Dial(t.Context(), "mail.example.edu")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
