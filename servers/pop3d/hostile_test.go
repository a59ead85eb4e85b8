package pop3d

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

// awaitFree waits until nobody has the maildrop.
func awaitFree(t testing.TB, store *mailbox.Store, user string) {
	t.Helper()
	box, err := store.Open(user)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	for range 10_000 {
		unlock, err := box.Lock()
		if err == nil {
			unlock()
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatal("the maildrop is never free")
}

// TestALineWithoutEnd is cut off, in bounded memory, while others are served.
func TestALineWithoutEnd(t *testing.T) {
	address := start(t, &Server{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := dial(t, address)
	c.must("")
	piece := make([]byte, 1<<20)
	sent := 0
	for sent < 1<<30 {
		n, err := c.conn.Write(piece)
		if sent += n; err != nil {
			break
		}
	}
	runtime.ReadMemStats(&after)
	if sent == 1<<30 {
		t.Error("a line of a gigabyte was read")
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("it cost %d bytes", grown)
	}
	login(t, address, "alice").must("QUIT")
}

// TestWrongPasswordsTakeTime, on the server's clock, and more each time.
func TestWrongPasswordsTakeTime(t *testing.T) {
	movable := clock.NewMovable()
	c := dial(t, start(t, &Server{Clock: movable, LoginDelay: time.Hour}))
	c.must("")
	for guess := 1; guess <= 3; guess++ {
		c.must("USER alice")
		io.WriteString(c.conn, "PASS wrong\r\n")
		answered := make(chan string)
		go func() { line, _ := c.in.ReadString('\n'); answered <- line }()
		for hours := 0; ; hours++ {
			select {
			case reply := <-answered:
				if !strings.HasPrefix(reply, "-ERR [AUTH]") || hours < guess {
					t.Errorf("guess %d: after %d hours %q", guess, hours, reply)
				}
			case <-time.After(50 * time.Millisecond):
				movable.Skip(time.Hour)
				continue
			}
			break
		}
	}
	if rest, err := c.in.ReadString('\n'); rest != "" || err == nil {
		t.Errorf("after the third guess: %q, %v", rest, err)
	}
}

// TestASilentClient is told nothing, and nothing is deleted.
func TestASilentClient(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	address := start(t, &Server{Mail: store, IdleTimeout: 3 * time.Second})
	c := login(t, address, "alice")
	c.must("DELE 1")
	if rest, err := io.ReadAll(c.in); len(rest) > 0 || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
	awaitFree(t, store, "alice")
	if n := len(mailboxtest.Stored(t, store, "alice")); n != 3 {
		t.Errorf("%d messages", n)
	}
}

// TestASlowLine: a byte now and then does not keep a session alive.
func TestASlowLine(t *testing.T) {
	c := dial(t, start(t, &Server{IdleTimeout: 500 * time.Millisecond}))
	c.must("")
	for range 200 {
		time.Sleep(50 * time.Millisecond)
		if _, err := c.conn.Write([]byte("x")); err != nil {
			return
		}
	}
	t.Error("ten seconds of one line")
}

// TestAClientThatDoesNotRead is not waited for, and does not hold up others.
func TestAClientThatDoesNotRead(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	mailboxtest.Deliver(t, store, "bob", letter(32<<20))
	address := start(t, &Server{Mail: store, WriteTimeout: 500 * time.Millisecond})
	c := login(t, address, "bob")
	io.WriteString(c.conn, "RETR 1\r\n")
	login(t, address, "alice").must("QUIT")
	awaitFree(t, store, "bob")
}

// TestALargeMessage passes through in little memory.
func TestALargeMessage(t *testing.T) {
	const size = 64 << 20
	store, _ := mailboxtest.Three(t)
	mailboxtest.Deliver(t, store, "bob", letter(size))
	c := login(t, start(t, &Server{Mail: store}), "bob")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c.must("RETR 1")
	got := int64(0)
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			t.Fatal(err)
		}
		if string(line) == ".\r\n" {
			break
		}
		got += int64(len(line))
	}
	runtime.ReadMemStats(&after)
	if got < size {
		t.Errorf("%d octets", got)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("it cost %d bytes", grown)
	}
}

// TestSTLS: the same session, in secret.
func TestSTLS(t *testing.T) {
	authority := certificate.For(t)
	c := dial(t, start(t, &Server{NeedTLS: true}))
	c.must("")
	for _, line := range []string{"USER alice", "AUTH PLAIN AGFsaWNlAGFsaWNl"} {
		if reply := c.say(line); !strings.HasPrefix(reply, "-ERR no password without TLS") {
			t.Error(reply)
		}
	}
	c.must("STLS")
	secured := tls.Client(c.conn, authority.Client)
	c.conn = secured
	c.in.Reset(secured)
	if reply := c.say("STLS"); reply != "-ERR TLS has begun already" {
		t.Error(reply)
	}
	c.must("USER alice", "PASS alice", "QUIT")
	if _, err := c.in.ReadByte(); err != io.EOF {
		t.Errorf("the end is %v", err) // a close_notify, not a cut
	}
}

// TestNothingFromBeforeTLS: what came in the clear is not carried out in secret,
// neither a name nor commands behind STLS.
func TestNothingFromBeforeTLS(t *testing.T) {
	authority := certificate.For(t)
	c := dial(t, start(t, &Server{}))
	c.must("", "USER alice")
	io.WriteString(c.conn, "STLS\r\nNOOP\r\nUSER bob\r\n")
	c.must("")
	secured := tls.Client(c.conn, authority.Client)
	c.conn = secured
	c.in.Reset(secured)
	if reply := c.say("PASS alice"); reply != "-ERR USER first" {
		t.Errorf("a reply to what came before: %q", reply)
	}
	c.must("USER alice", "PASS alice", "QUIT")
}

func TestTLSFromTheFirstByte(t *testing.T) {
	authority := certificate.For(t)
	address := start(t, &Server{Secure: true})
	c := dial(t, address)
	c.conn = tls.Client(c.conn, authority.Client)
	c.in.Reset(c.conn)
	c.must("", "USER alice", "PASS alice", "QUIT")
	plain := dial(t, address)
	io.WriteString(plain.conn, "USER alice\r\n")
	if text, _ := io.ReadAll(plain.conn); strings.Contains(string(text), "+OK") {
		t.Errorf("%q without TLS", text)
	}
}

// TestAHandshakeThatFails ends that connection only.
func TestAHandshakeThatFails(t *testing.T) {
	address := start(t, &Server{})
	c := dial(t, address)
	c.must("", "STLS")
	io.WriteString(c.conn, "USER alice\r\n")
	if _, err := io.ReadAll(c.conn); err != nil && !errors.Is(err, net.ErrClosed) && errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	login(t, address, "alice").must("QUIT")
}

// TestManySessions at once, each with its own maildrop.
func TestManySessions(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	users := mailbox.Passwords{}
	for i := range 30 {
		name := fmt.Sprint("user", i)
		users[name] = name
		mailboxtest.Deliver(t, store, name, letter(3000), name)
	}
	address := start(t, &Server{Mail: store, Users: users})
	var all sync.WaitGroup
	for name := range users {
		all.Go(func() {
			c := dial(t, address)
			io.WriteString(c.conn, "USER "+name+"\r\nPASS "+name+"\r\nRETR 1\r\nRETR 2\r\nDELE 1\r\nQUIT\r\n")
			text, err := io.ReadAll(c.in)
			if err != nil || strings.Count(string(text), "+OK") != 7 || !strings.Contains(string(text), "\r\n"+name+"\r\n.\r\n") {
				t.Errorf("%s: %q, %v", name, text, err)
			}
		})
	}
	all.Wait()
	for name := range users {
		if got := mailboxtest.Stored(t, store, name); len(got) != 1 || got[0] != "S:"+name+"\r\n" {
			t.Errorf("%s has %q", name, got)
		}
	}
}
