package pop3d

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

var testUsers = mailbox.Passwords{"alice": "alice", "bob": "bob", "carol": "carol", "dave": "two words ", "../alice": "../alice"}

// start serves until the test ends and returns the server's address.
func start(t testing.TB, s *Server) string {
	t.Helper()
	if s.Mail == nil {
		s.Mail, _ = mailboxtest.Three(t)
	}
	if s.Users == nil {
		s.Users = testUsers
	}
	if s.TLS == nil {
		s.TLS = certificate.For(t).Server
	}
	if s.LoginDelay == 0 {
		s.LoginDelay = time.Millisecond
	}
	s.Log, s.Name, s.Addr = quiet, "mail.example.com", "127.0.0.1:0"
	return running.Start(t, context.Background(), netx.OS{}, "tcp", s).String()
}

// talk is a client that is written out.
type talk struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dial(t testing.TB, address string) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return &talk{t, conn, bufio.NewReader(conn)}
}

// say sends a line, if it is not empty, and returns the reply's first line.
func (c *talk) say(line string) string {
	c.t.Helper()
	if line != "" {
		if _, err := io.WriteString(c.conn, line+"\r\n"); err != nil {
			c.t.Fatal(err)
		}
	}
	reply, err := c.in.ReadString('\n')
	if err != nil {
		c.t.Fatalf("%s: %q, %v", line, reply, err)
	}
	return strings.TrimSuffix(reply, "\r\n")
}

// must says lines, each of which must be answered +OK, and returns the last
// answer.
func (c *talk) must(lines ...string) string {
	c.t.Helper()
	reply := ""
	for _, line := range lines {
		if reply = c.say(line); !strings.HasPrefix(reply, "+OK") {
			c.t.Fatalf("%s: %s", line, reply)
		}
	}
	return reply
}

func login(t testing.TB, address, user string) *talk {
	t.Helper()
	c := dial(t, address)
	c.must("", "USER "+user, "PASS "+testUsers[user])
	return c
}

// letter is a message of about so many octets.
func letter(octets int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: bob@example.com\r\nSubject: %d octets\r\n\r\n", octets)
	for b.Len() < octets {
		b.WriteString("The quick brown fox jumps over the lazy dog, and over it, and over it again.\r\n")
	}
	return b.String()
}
