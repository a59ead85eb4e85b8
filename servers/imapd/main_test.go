package imapd

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
	s.Log, s.Addr = quiet, "127.0.0.1:0"
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

// say sends a command, if it is not empty, and returns the lines of the answer up
// to the one that begins with its tag; for no command, one line.
func (c *talk) say(command string) string {
	c.t.Helper()
	if command == "" {
		return c.line()
	}
	if _, err := io.WriteString(c.conn, command+"\r\n"); err != nil {
		c.t.Fatal(err)
	}
	tag, _, _ := strings.Cut(command, " ")
	var answer strings.Builder
	for {
		line := c.line()
		answer.WriteString(line + "\n")
		if strings.HasPrefix(line, tag+" ") || strings.HasPrefix(line, "+") {
			return answer.String()
		}
	}
}

func (c *talk) line() string {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil {
		c.t.Fatalf("%q, %v", line, err)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// must says commands, each of which must be done, and returns the last answer.
func (c *talk) must(commands ...string) string {
	c.t.Helper()
	answer := ""
	for _, command := range commands {
		tag, _, _ := strings.Cut(command, " ")
		if answer = c.say(command); !strings.Contains("\n"+answer, "\n"+tag+" OK") {
			c.t.Fatalf("%s: %s", command, answer)
		}
	}
	return answer
}

// login connects, logs in, and opens the Inbox.
func login(t testing.TB, address, user string) *talk {
	t.Helper()
	c := dial(t, address)
	c.line()
	c.must("l LOGIN "+user+" "+testUsers[user], "s SELECT INBOX")
	return c
}

// longText is a message of about so many octets.
func longText(octets int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: bob@example.com\r\nSubject: %d octets\r\n\r\n", octets)
	for b.Len() < octets {
		b.WriteString("The quick brown fox jumps over the lazy dog, and over it, and over it again.\r\n")
	}
	return b.String()
}
