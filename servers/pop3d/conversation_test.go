package pop3d

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/running"
	"github.com/wirebook/wirebook/internal/transcript"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/mail"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

// TestConversations plays what stands in testdata/conversations, one file a topic,
// each conversation with a maildrop of its own.
func TestConversations(t *testing.T) {
	transcript.Dir(t, "testdata/conversations", func(t *testing.T) net.Conn {
		return dial(t, start(t, &Server{MaxLine: 100})).conn
	})
}

// TestAPOP logs in with what the greeting says.
func TestAPOP(t *testing.T) {
	c := dial(t, start(t, &Server{}))
	greeting := c.say("")
	banner := greeting[strings.Index(greeting, "<"):]
	if reply := c.say("APOP alice " + mail.APOP(banner, "alice")); reply != "+OK 3 messages (101 octets)" {
		t.Error(reply)
	}
	// The same digest is good on no other connection.
	other := dial(t, start(t, &Server{}))
	other.say("")
	if reply := other.say("APOP alice " + mail.APOP(banner, "alice")); !strings.HasPrefix(reply, "-ERR [AUTH]") {
		t.Error(reply)
	}
}

// onlyCheck are users whose passwords nobody knows.
type onlyCheck struct{ users Users }

func (o onlyCheck) Check(user, password string) bool { return o.users.Check(user, password) }

func TestNoAPOPWithoutSecrets(t *testing.T) {
	c := dial(t, start(t, &Server{Users: onlyCheck{testUsers}}))
	if greeting := c.say(""); greeting != "+OK POP3 server ready" {
		t.Error(greeting)
	}
	if reply := c.say("APOP alice 00"); reply != "-ERR no APOP here" {
		t.Error(reply)
	}
	c.must("USER alice", "PASS alice")
}

// TestDeletionOnlyInUpdate: what was marked is there until QUIT, and for ever if
// the connection ends otherwise.
func TestDeletionOnlyInUpdate(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	address := start(t, &Server{Mail: store})
	cut := login(t, address, "alice")
	cut.must("DELE 1", "DELE 2", "DELE 3")
	if n := len(mailboxtest.Stored(t, store, "alice")); n != 3 {
		t.Errorf("%d messages before the end", n)
	}
	cut.conn.Close()
	awaitFree(t, store, "alice")
	if n := len(mailboxtest.Stored(t, store, "alice")); n != 3 {
		t.Errorf("%d messages after the connection was cut", n)
	}
	c := login(t, address, "alice")
	c.must("RETR 2")
	for line := ""; line != "."; line = c.say("") {
	}
	c.must("DELE 1", "DELE 3", "RSET", "DELE 1", "QUIT")
	want := []string{"S:Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n", ":Subject: LF\r\n\r\nend\r\n"}
	if got := mailboxtest.Stored(t, store, "alice"); !slices.Equal(got, want) {
		t.Errorf("%q are left", got)
	}
}

// TestTheNamesStay: a program that leaves its mail on the server knows by UIDL what
// is new, in the next session, too.
func TestTheNamesStay(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	address := start(t, &Server{Mail: store})
	names := func(c *talk) (names []string) {
		c.must("UIDL")
		for line := c.say(""); line != "."; line = c.say("") {
			_, name, _ := strings.Cut(line, " ")
			names = append(names, name)
		}
		return names
	}
	first := login(t, address, "alice")
	before := names(first)
	first.must("RETR 1")
	for line := ""; line != "."; line = first.say("") {
	}
	first.must("QUIT")
	mailboxtest.Deliver(t, store, "alice", "new\r\n")
	second := login(t, address, "alice")
	after := names(second)
	if len(after) != 4 || !slices.Equal(after[:3], before) || slices.Contains(before, after[3]) {
		t.Errorf("%q, then %q", before, after)
	}
	second.must("DELE 2", "QUIT")
	if third := names(login(t, address, "alice")); !slices.Equal(third, []string{after[0], after[2], after[3]}) {
		t.Errorf("%q without the second is %q", after, third)
	}
}

// TestOneSessionAMaildrop: a second one is told so, and others' are not kept out.
func TestOneSessionAMaildrop(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	address := start(t, &Server{Mail: store})
	first := login(t, address, "alice")
	second := dial(t, address)
	second.must("", "USER alice")
	if reply := second.say("PASS alice"); !strings.HasPrefix(reply, "-ERR [IN-USE]") {
		t.Error(reply)
	}
	login(t, address, "bob")
	mailboxtest.Deliver(t, store, "alice", "meanwhile\r\n")
	if reply := first.must("STAT"); reply != "+OK 3 101" {
		t.Errorf("a message came in the middle of a session: %s", reply)
	}
	first.must("QUIT")
	second.must("USER alice")
	if reply := second.must("PASS alice"); reply != "+OK 4 messages (112 octets)" {
		t.Error(reply)
	}
}

// TestAMessageThatIsGone, since another program has removed it.
func TestAMessageThatIsGone(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	c := login(t, start(t, &Server{Mail: store}), "alice")
	box, err := store.Open("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	inbox, err := box.Folder("INBOX")
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	if err := inbox.Refresh(); err != nil {
		t.Fatal(err)
	}
	if err := inbox.Remove([]uint32{2}); err != nil {
		t.Fatal(err)
	}
	if reply := c.say("RETR 2"); reply != "-ERR another program has removed it" {
		t.Error(reply)
	}
	c.must("DELE 2", "DELE 1")
	if reply := c.must("QUIT"); reply != "+OK 2 messages deleted, 1 left" {
		t.Error(reply)
	}
}

// TestReadingAhead gives each message whole, in whatever order they are asked for:
// also those whose names lie about their size, and those too large to be read ahead.
func TestReadingAhead(t *testing.T) {
	store, dir := mailboxtest.Three(t)
	texts := []string{letter(100), letter(40_000), letter(smallMessage - 100), letter(20_000)}
	mailboxtest.Deliver(t, store, "bob", texts...)
	for name, text := range map[string]string{"1999999991.a,S=5,W=5": letter(300), "1999999992.b,S=9000,W=9000": letter(400)} {
		if err := os.WriteFile(filepath.Join(dir, "bob", "new", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	slices.SortFunc(texts[4:], func(a, b string) int { return len(a) - len(b) })
	c := login(t, start(t, &Server{Mail: store}), "bob")
	for _, number := range []int{1, 2, 3, 4, 5, 6, 1, 1, 4, 5, 3, 3, 4, 6} {
		c.must(fmt.Sprint("RETR ", number))
		var got strings.Builder
		for line := c.say(""); line != "."; line = c.say("") {
			got.WriteString(line + "\r\n")
		}
		if got.String() != texts[number-1] {
			t.Errorf("message %d: %d octets, want %d", number, got.Len(), len(texts[number-1]))
		}
		if number == 3 { // what was read ahead can be deleted
			c.must("DELE 4")
			if reply := c.say("RETR 4"); !strings.HasPrefix(reply, "-ERR") {
				t.Error(reply)
			}
			c.must("RSET")
		}
	}
}

// TestServeEndsAndBeginsAgain ends a server in the middle of its conversations, and
// starts it once more, as a supervisor does.
func TestServeEndsAndBeginsAgain(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	server := &Server{Mail: store, Users: testUsers, Addr: "127.0.0.1:0", Log: quiet}
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		nw := running.Listening(netx.OS{}, "tcp")
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx, nw) }()
		address := (<-nw.At).String()
		c := login(t, address, "alice")
		c.must("DELE 1")
		dial(t, address)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if rest, _ := c.in.ReadString('\n'); rest != "" {
			t.Errorf("%q after the end", rest)
		}
		if n := len(mailboxtest.Stored(t, store, "alice")); n != 3 {
			t.Errorf("%d messages", n)
		}
	}
}

func TestWhatAServerNeeds(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	for what, s := range map[string]*Server{
		"Mail":  {Users: testUsers},
		"Users": {Mail: store},
		"TLS":   {Mail: store, Users: testUsers, Secure: true},
	} {
		if err := s.Serve(t.Context(), nil); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("without %s: %v", what, err)
		}
	}
}
