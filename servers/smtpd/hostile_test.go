package smtpd

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/certificate"
)

// TestSmuggling: texts with something that other servers have taken for the end of
// a message, and a second message behind it. The whole is one message here, and it
// is refused.
func TestSmuggling(t *testing.T) {
	second := "MAIL FROM:<eve@evil.example>\r\nRCPT TO:<bob@example.edu>\r\nDATA\r\nSubject: smuggled\r\n\r\n"
	for _, end := range []string{
		"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n", "\n\r.\r\n", "\r\n\n.\r\n", "\r\n\r.\r\n",
		"\r\r\n.\r\r\n", "\n\n.\n\n", "\r\n\x00.\r\n", "\r\n.\x00\r\n", "\r\n.\r\x00\n", "\x85.\x85", "\r\n.\r\r\n", "\n.\r\r\n", "\r\r\n.",
	} {
		t.Run(fmt.Sprintf("%q", end), func(t *testing.T) {
			s := start(t, newStreets(), &Server{})
			c := dial(t, s.mx)
			c.says("EHLO x", "250", "MAIL FROM:<a@b.example>", "250", "RCPT TO:<bob@example.edu>", "250", "DATA", "354")
			c.send("Subject: first\r\n\r\nhello" + end + second + "\r\n.\r\n")
			reply := c.hear("")
			c.says("RSET", "250", "QUIT", "221")
			c.ended()
			mails := s.inbox(t, "bob")
			harmless := end == "\r\n\x00.\r\n" || end == "\r\n.\x00\r\n" || end == "\x85.\x85" // an ordinary line
			if harmless && (!strings.HasPrefix(reply, "250") || len(mails) != 1) || !harmless && (!strings.HasPrefix(reply, "554 5.6.0") || len(mails) > 0) {
				t.Errorf("%s; bob has %q", reply, mails)
			}
		})
	}
}

// TestCommandsBehindSTARTTLS in the clear are not carried out: neither at once nor
// within TLS.
func TestCommandsBehindSTARTTLS(t *testing.T) {
	authority := certificate.For(t)
	s := start(t, newStreets(), &Server{TLS: authority.Server})
	c := dial(t, s.mx)
	c.says("EHLO x", "250", "MAIL FROM:<a@b.example>", "250", "RCPT TO:<bob@example.edu>", "250")
	c.send("STARTTLS\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<bob@example.edu>\r\nDATA\r\n")
	c.hear("220")
	secured := tls.Client(c.conn, authority.Client)
	if err := secured.Handshake(); err != nil {
		t.Fatal(err)
	}
	c.conn, c.in = secured, bufio.NewReader(secured)
	c.says("RCPT TO:<bob@example.edu>", "502 5.5.1", "EHLO x", "250", "DATA", "502 5.5.1", "STARTTLS", "502 5.5.1")
	if reply := c.mail("a@b.example", "bob@example.edu", "Subject: 1\r\n\r\n"); !strings.HasPrefix(reply, "250") {
		t.Error(reply)
	}
	if all := s.awaitMail(t, "bob", 1); !strings.Contains(all[0], "with ESMTPS id") {
		t.Errorf("%q", all)
	}
}

func (c *talk) startTLS(authority certificate.Certificate) {
	c.t.Helper()
	c.says("STARTTLS", "220")
	secured := tls.Client(c.conn, authority.Client)
	if err := secured.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.in = secured, bufio.NewReader(secured)
}

// TestOthersAreServed while one client sends what has no end.
func TestOthersAreServed(t *testing.T) {
	envelope := "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.edu>\r\n"
	for name, test := range map[string]struct {
		first string
		again string
		times int
		want  string // in what is answered
	}{
		"a command without an end":       {"", strings.Repeat("x", 1<<20), 1 << 10, "500 5.4.0 Too long line"},
		"a line of text without an end":  {envelope + "DATA\r\n", strings.Repeat("x", 1<<20), 1 << 10, "554 5.6.0"},
		"a message without an end":       {envelope + "DATA\r\n", strings.Repeat("text\r\n", 200_000), 1 << 10, "552 5.3.4"},
		"a header without an end":        {envelope + "DATA\r\n", strings.Repeat("a: b\r\n", 200_000), 1 << 10, "552 5.3.4"},
		"10,000 recipients":              {"EHLO x\r\nMAIL FROM:<a@b.example>\r\n", "RCPT TO:<bob@example.edu>\r\n", 10_000, "452 4.5.3"},
		"10,000 recipients nobody knows": {"EHLO x\r\nMAIL FROM:<a@b.example>\r\n", "RCPT TO:<x@example.edu>\r\n", 10_000, "421 4.7.0"},
		"a chunk of 4 GB":                {envelope + "BDAT 4294967295 LAST\r\n", strings.Repeat("x", 1<<20), 1 << 10, "500 5.5.2"},
		"chunks, and never the last":     {envelope, "BDAT 0\r\nRSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.edu>\r\n", 1000, "500 5.5.2"},
		"a negative chunk":               {envelope + "BDAT -1 LAST\r\n", "x", 1, "500 5.5.2"},
		"an EHLO without an end":         {"EHLO ", strings.Repeat("x", 1<<20), 1 << 10, "500 5.4.0"},
		"nothing but line ends":          {"", strings.Repeat("\r\n", 1<<16), 100, "500 5.5.1"},
		"noise":                          {"", strings.Repeat("\x16\x03\x01\x00\xff\xfe\n", 1<<14), 100, "500 5.5.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, newStreets(), &Server{MaxSize: 1 << 20})
			hostile := dial(t, s.mx)
			var said bytes.Buffer
			var both sync.WaitGroup
			both.Go(func() { io.Copy(&said, hostile.conn) })
			both.Go(func() {
				io.WriteString(hostile.conn, test.first)
				for range test.times {
					if _, err := io.WriteString(hostile.conn, test.again); err != nil {
						return // as it should be: nobody listens to the end
					}
				}
				hostile.conn.(*net.TCPConn).CloseWrite()
			})
			friend := dial(t, s.mx)
			friend.says("HELO y", "250")
			if reply := friend.mail("a@b.example", "bob@example.edu", "Subject: 1\r\n\r\n"); !strings.HasPrefix(reply, "250") {
				t.Error(reply)
			}
			both.Wait()
			if !strings.Contains(said.String(), test.want) {
				t.Errorf("answered: %.500q", said.String())
			}
			s.awaitMail(t, "bob", 1)
		})
	}
}

// TestSilence is not listened to for long, wherever it comes.
func TestSilence(t *testing.T) {
	s := start(t, newStreets(), &Server{IdleTimeout: 50 * time.Millisecond, TLS: certificate.For(t).Server})
	for _, said := range []string{"", "EHLO", "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.edu>\r\nDATA\r\nhalf a mess"} {
		conn, err := net.Dial("tcp", s.mx)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, said)
		conn.SetDeadline(time.Now().Add(time.Minute))
		if text, err := io.ReadAll(conn); err != nil || !strings.Contains(string(text), "\n4") && said != "" {
			t.Errorf("%q: %q, %v", said, text, err)
		}
		conn.Close()
	}
	if n := len(s.inbox(t, "bob")); n > 0 {
		t.Error("half a message is there")
	}
}

// TestAByteAtATime: a client that is slow on purpose cannot stay for ever.
func TestAByteAtATime(t *testing.T) {
	s := start(t, newStreets(), &Server{TextTimeout: 200 * time.Millisecond})
	c := dial(t, s.mx)
	c.says("EHLO x", "250", "MAIL FROM:<a@b.example>", "250", "RCPT TO:<bob@example.edu>", "250", "DATA", "354")
	go func() {
		for {
			if _, err := io.WriteString(c.conn, "x"); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	c.hear("451 4.4.2")
	c.conn.Close()
}

// TestOneClientsConnections are counted.
func TestOneClientsConnections(t *testing.T) {
	s := start(t, newStreets(), &Server{MaxPerClient: 2})
	first := dial(t, s.mx)
	dial(t, s.mx)
	conn, err := net.Dial("tcp", s.mx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if text, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(text), "421 4.7.0 ") {
		t.Errorf("%q, %v", text, err)
	}
	first.says("QUIT", "221")
	first.ended()
	await(t, "a free place", func() bool {
		conn, err := net.Dial("tcp", s.mx)
		if err != nil {
			return false
		}
		defer conn.Close()
		line, _ := bufio.NewReader(conn).ReadString('\n')
		return strings.HasPrefix(line, "220")
	})
}
