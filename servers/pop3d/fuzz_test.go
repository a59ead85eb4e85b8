package pop3d

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

// FuzzConversation: whatever a client says, each reply begins as it should, the
// server comes to an end, and without QUIT nothing is deleted.
func FuzzConversation(f *testing.F) {
	f.Add("USER alice\r\nPASS alice\r\nLIST\r\nRETR 1\r\nTOP 2 1\r\nDELE 1\r\nRSET\r\nUIDL 3\r\nCAPA\r\n")
	f.Add("AUTH PLAIN AGFsaWNlAGFsaWNl\r\nTOP 1 99999999999\r\nRETR\n\r\n\r\x00")
	f.Add("APOP alice 00\r\nAUTH PLAIN\r\n*\r\nUSER a\r\nPASS\r\n")
	store, _ := mailboxtest.Three(f)
	server := &Server{Mail: store, Users: testUsers, Log: quiet, LoginDelay: time.Nanosecond, TLS: certificate.For(f).Server}
	o, err := server.office()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, said string) {
		said = strings.ReplaceAll(strings.ToUpper(said), "QUIT", "NOOP")
		said = strings.ReplaceAll(said, "STLS", "NOOP")
		c := &script{Reader: strings.NewReader("USER alice\r\nPASS alice\r\n" + said + "\r\nQUI")}
		o.converse(context.Background(), c)
		replies := c.Bytes()
		if !strings.HasPrefix(string(replies), "+OK") {
			t.Errorf("%q", replies)
		}
		if n := len(mailboxtest.Stored(t, store, "alice")); n != 3 {
			t.Fatalf("%d messages", n)
		}
	})
}

// script is a connection on which all has been said before.
type script struct {
	io.Reader
	bytes.Buffer
}

func (s *script) Read(p []byte) (int, error)     { return s.Reader.Read(p) }
func (*script) Close() error                     { return nil }
func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }

// FuzzTop compares with the definition: the header, an empty line, so many lines.
func FuzzTop(f *testing.F) {
	f.Add("Subject: x\r\n\r\none\r\ntwo\r\n", 1, 3)
	f.Add("no body", 1, 1)
	f.Add("\r\n\r\n", 0, 1)
	f.Fuzz(func(t *testing.T, message string, lines, piece int) {
		lines, piece = lines&15, max(1, piece&15)
		want, body, left := "", false, lines
		for line := range strings.SplitAfterSeq(message, "\n") {
			if body && left == 0 {
				break
			}
			want += line
			if body {
				left--
			} else if ended, ok := strings.CutSuffix(line, "\n"); ok && strings.Trim(ended, "\r") == "" {
				body = true
			}
		}
		var got strings.Builder
		if _, err := io.CopyBuffer(struct{ io.Writer }{&got}, newTop(strings.NewReader(message), lines), make([]byte, piece)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("%q, %d lines: %q, want %q", message, lines, got.String(), want)
		}
	})
}
