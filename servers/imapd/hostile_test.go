package imapd

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

// TestOptionsThatAreNeeded are asked for.
func TestOptionsThatAreNeeded(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	for want, s := range map[string]*Server{
		"imapd: no mail: Mail is not set":               {Users: testUsers},
		"imapd: nobody may log in: Users is not set":    {Mail: store},
		"imapd: no certificate: TLS is not set":         {Mail: store, Users: testUsers, Secure: true},
		"imapd: listen tcp: address none: missing port": {Mail: store, Users: testUsers, Addr: "none"},
	} {
		if err := s.Serve(t.Context(), netx.OS{}); err == nil || !strings.HasPrefix(err.Error(), strings.TrimSuffix(want, " in address")) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestSTARTTLS: what was sent in the clear behind STARTTLS is not carried out, and
// with NeedTLS no password is taken before it.
func TestSTARTTLS(t *testing.T) {
	at := start(t, &Server{NeedTLS: true})
	c := dial(t, at)
	if got := c.line(); !strings.Contains(got, "STARTTLS LOGINDISABLED") {
		t.Error(got)
	}
	for _, login := range []string{"a LOGIN alice alice", "a AUTHENTICATE PLAIN AGFsaWNlAGFsaWNl"} {
		if got := c.say(login); got != "a NO [PRIVACYREQUIRED] TLS is required to authenticate\n" {
			t.Error(got)
		}
	}
	c.must("b STARTTLS")
	secured := tls.Client(c.conn, certificate.For(t).Client)
	c.conn, c.in = secured, bufio.NewReader(secured)
	c.must("c LOGIN alice alice", "d SELECT INBOX", "e FETCH 1 BODY[]", "f LOGOUT")

	c = dial(t, at)
	c.line()
	fmt.Fprintf(c.conn, "a STARTTLS\r\nb CAPABILITY\r\n")
	if got := c.line(); got != "a OK Begin TLS negotiation now" {
		t.Error(got)
	}
	if rest, _ := io.ReadAll(c.in); strings.Contains(string(rest), "CAPABILITY") {
		t.Errorf("said in the clear, heard: %q", rest)
	}
}

// TestSecure is TLS from the first byte.
func TestSecure(t *testing.T) {
	conn, err := tls.Dial("tcp", start(t, &Server{Secure: true}), certificate.For(t).Client)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &talk{t, conn, bufio.NewReader(conn)}
	if got := c.line(); strings.Contains(got, "STARTTLS") || !strings.Contains(got, "AUTH=PLAIN") {
		t.Error(got)
	}
	c.must("a LOGIN alice alice", "b SELECT INBOX", "c FETCH 1:* BODY.PEEK[]")
}

// ends reports how a server ended a connection, without waiting long.
func (c *talk) ends() string {
	c.t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	rest, err := io.ReadAll(c.in)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		c.t.Fatalf("the connection is still open; said: %.200q", rest)
	}
	return string(rest)
}

// TestMeaninglessBytes end in an error of the protocol, or the connection's end, and
// others are served meanwhile.
func TestMeaninglessBytes(t *testing.T) {
	at := start(t, &Server{})
	other := login(t, at, "bob")
	for name, text := range map[string]string{
		"zeros":                    strings.Repeat("\x00", 100_000),
		"no end of line":           "a " + strings.Repeat("x", 200_000),
		"a tag without end":        strings.Repeat("a", 200_000),
		"lists in lists":           "a LOGIN alice alice\r\nb SELECT INBOX\r\nc FETCH 1 " + strings.Repeat("(", 20_000) + "\r\nd LOGOUT\r\n",
		"NOT NOT NOT":              "a LOGIN alice alice\r\nb SELECT INBOX\r\nc SEARCH " + strings.Repeat("NOT ", 10_000) + "ALL\r\nd LOGOUT\r\n",
		"OR OR OR":                 "a LOGIN alice alice\r\nb SELECT INBOX\r\nc SEARCH " + strings.Repeat("OR TEXT x ", 4_000) + "ALL\r\nd LOGOUT\r\n",
		"a pattern of stars":       "a LOGIN alice alice\r\nb CREATE " + strings.Repeat("a", 100) + "\r\nc LIST \"\" " + strings.Repeat("*a", 400) + "b\r\nd LOGOUT\r\n",
		"all the numbers":          "a LOGIN alice alice\r\nb SELECT INBOX\r\nc UID FETCH 1:4294967295,5:*,*:1 FLAGS\r\nd LOGOUT\r\n",
		"a literal of a terabyte":  "a LOGIN {1099511627776}\r\nd LOGOUT\r\n",
		"a literal of nothing":     "a LOGIN {}\r\nd LOGOUT\r\n",
		"a partial of everything":  "a LOGIN alice alice\r\nb SELECT INBOX\r\nc FETCH 1 BODY[]<9223372036854775807.9223372036854775807>\r\nd LOGOUT\r\n",
		"sections that are not":    "a LOGIN alice alice\r\nb SELECT INBOX\r\nc FETCH 1 BODY[0.4294967295.1.MIME]\r\nd LOGOUT\r\n",
		"a folder called ../alice": "a LOGIN bob bob\r\nb SELECT ../alice\r\nc CREATE ../../x\r\nd LOGOUT\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, at)
			if strings.Contains(text, "{1099511627776}") {
				// go-imap takes the next line for the name, since the literal was refused.
				text = strings.TrimSuffix(text, "d LOGOUT\r\n")
			}
			go io.WriteString(c.conn, text)
			if strings.Contains(text, "LOGOUT") {
				if said := c.ends(); !strings.Contains(said, "d OK LOGOUT") {
					t.Errorf("said: %.300q", said)
				}
			} else {
				c.conn.(*net.TCPConn).CloseWrite()
				c.ends()
			}
			other.must("x NOOP")
		})
	}
}

// TestTooLarge: an APPEND beyond the limit is refused and read to its end, so that
// nothing in it is taken for a command.
func TestTooLarge(t *testing.T) {
	c := login(t, start(t, &Server{MaxMessage: 10_000}), "alice")
	text := strings.Repeat("x LOGOUT\r\n", 2_000)
	if got := c.say(fmt.Sprintf("a APPEND INBOX {%d}", len(text))); !strings.HasPrefix(got, "+") {
		t.Fatal(got)
	}
	fmt.Fprint(c.conn, text+"\r\n")
	if got := c.line(); got != "a NO [TOOBIG] The message is too large" {
		t.Error(got)
	}
	c.must("b NOOP")
}

// TestSilence: who does not log in in time is cut off, however much he says; and who
// has, when he is silent for too long.
func TestSilence(t *testing.T) {
	at := start(t, &Server{LoginTimeout: 300 * time.Millisecond, IdleTimeout: 500 * time.Millisecond})
	c := dial(t, at)
	go func() {
		for {
			if _, err := io.WriteString(c.conn, "a NOOP\r\n"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	c.ends()
	login(t, at, "alice").ends()
}

// TestNobodyReads what the server says: it does not wait for ever.
func TestNobodyReads(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	mailboxtest.Deliver(t, store, "bob", longText(5_000_000))
	at := start(t, &Server{Mail: store, WriteTimeout: 200 * time.Millisecond})
	c := login(t, at, "bob")
	for range 8 {
		if _, err := io.WriteString(c.conn, "a FETCH 1 BODY[]\r\n"); err != nil {
			break
		}
	}
	time.Sleep(time.Second)
	said := c.ends()
	if strings.Count(said, "a OK") == 8 {
		t.Errorf("all of %d bytes were sent", len(said))
	}
	login(t, at, "bob")
}
