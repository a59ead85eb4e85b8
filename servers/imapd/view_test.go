package imapd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

// TestAnotherSessionsChanges are told at the end of a command, and that a message
// is gone not after FETCH, STORE or SEARCH (RFC 9051 §7.5.1).
func TestAnotherSessionsChanges(t *testing.T) {
	store, _ := mailboxtest.Three(t)
	at := start(t, &Server{Mail: store})
	one, two := login(t, at, "alice"), login(t, at, "alice")
	two.must(`a STORE 1 +FLAGS.SILENT (\Flagged)`, `b STORE 2 +FLAGS.SILENT (\Deleted)`, `c EXPUNGE`)
	mailboxtest.Deliver(t, store, "alice", "Subject: new\r\n\r\n")
	want := "* 1 FETCH (UID 1 FLAGS (\\Flagged))\n* 4 EXISTS\n* 3 RECENT\nx OK FETCH completed\n"
	if got := one.say("x FETCH 1 UID"); got != "* 1 FETCH (UID 1)\n"+want {
		t.Errorf("after FETCH: %s", got)
	}
	// The number 2 is still the message that is gone, 3 that behind it.
	if got := one.say("x FETCH 2:3 BODY.PEEK[HEADER.FIELDS (SUBJECT)]"); !strings.Contains(got, "* 3 FETCH") ||
		!strings.Contains(got, "Subject: LF") || strings.Contains(got, "* 2 FETCH") || !strings.Contains(got, "x NO [EXPUNGEISSUED]") {
		t.Errorf("what is gone: %s", got)
	}
	if got := one.say("x SEARCH SUBJECT dots"); got != "* SEARCH\nx OK SEARCH completed\n" {
		t.Errorf("after SEARCH: %s", got)
	}
	if got := one.say(`x STORE 2:3 +FLAGS (\Seen)`); got != "* 3 FETCH (FLAGS (\\Seen))\nx NO [EXPUNGEISSUED] Some of these messages are gone\n" {
		t.Errorf("after STORE: %s", got)
	}
	if got := one.say("x NOOP"); got != "* 2 EXPUNGE\nx OK NOOP completed\n" {
		t.Errorf("after NOOP: %s", got)
	}
	if got := one.say("x FETCH 1:* UID"); got != "* 1 FETCH (UID 1)\n* 2 FETCH (UID 3)\n* 3 FETCH (UID 4)\nx OK FETCH completed\n" {
		t.Errorf("at last: %s", got)
	}
}

// TestUndeletedByAnother: what somebody has just undeleted is not expunged.
func TestUndeletedByAnother(t *testing.T) {
	at := start(t, &Server{})
	one, two := login(t, at, "alice"), login(t, at, "alice")
	one.must(`a STORE 1:2 +FLAGS.SILENT (\Deleted)`)
	two.must(`a STORE 1 -FLAGS.SILENT (\Deleted)`)
	if got := one.say("b EXPUNGE"); got != "* 1 FETCH (UID 1 FLAGS ())\n* 2 EXPUNGE\nb OK EXPUNGE completed\n" {
		t.Error(got)
	}
}

// TestIdle hears of new mail, of flags and of what is gone, without asking, also
// from other programs.
func TestIdle(t *testing.T) {
	store, dir := mailboxtest.Three(t)
	at := start(t, &Server{Mail: store})
	one, two := login(t, at, "alice"), login(t, at, "alice")
	if got := one.say("i IDLE"); got != "+ idling\n" {
		t.Fatal(got)
	}
	mailboxtest.Deliver(t, store, "alice", "Subject: new\r\n\r\n")
	for _, want := range []string{"* 4 EXISTS", "* 4 RECENT"} {
		if got := one.line(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	two.must("a NOOP", `b STORE 4 +FLAGS (\Answered)`)
	if got := one.line(); got != `* 4 FETCH (UID 4 FLAGS (\Answered))` {
		t.Error(got)
	}
	two.must(`c STORE 1 +FLAGS (\Deleted)`, "d EXPUNGE")
	for got := one.line(); got != "* 1 EXPUNGE"; got = one.line() {
		if got != `* 1 FETCH (UID 1 FLAGS (\Deleted))` {
			t.Error(got)
		}
	}
	// Another program delivers by a file.
	if err := os.WriteFile(filepath.Join(dir, "alice", "new", "1772449999.other"), []byte("Subject: x\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := one.line(); got != "* 4 EXISTS" {
		t.Error(got)
	}
	if got := one.line(); got != "* 3 RECENT" {
		t.Error(got)
	}
	if _, err := one.conn.Write([]byte("DONE\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := one.line(); got != "i OK IDLE completed" {
		t.Error(got)
	}
	// And where nothing is selected there is nothing to tell.
	one.must("j CLOSE")
	if got := one.say("k IDLE"); got != "+ idling\n" {
		t.Error(got)
	}
	if _, err := one.conn.Write([]byte("DONE\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := one.line(); got != "k OK IDLE completed" {
		t.Error(got)
	}
	// To end it otherwise is a mistake, and no more than that.
	one.must("l SELECT INBOX")
	one.say("m IDLE")
	fmt.Fprint(one.conn, "FETCH\r\n")
	if got := one.line(); got != "m BAD [CLIENTBUG] Syntax error: expected DONE to end IDLE command" {
		t.Error(got)
	}
	one.must("n FETCH 1 FLAGS")
}

// TestHangUpWhileIdle leaves nothing behind (goleak looks).
func TestHangUpWhileIdle(t *testing.T) {
	at := start(t, &Server{})
	for range 5 {
		c := login(t, at, "alice")
		c.say("i IDLE")
		c.conn.Close()
	}
}

// TestTheFolderIsDeleted that a session has open: the session ends.
func TestTheFolderIsDeleted(t *testing.T) {
	at := start(t, &Server{})
	one, two := login(t, at, "alice"), login(t, at, "alice")
	one.must("a CREATE Kept", "b SELECT Kept")
	two.must("a DELETE Kept")
	one.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(one.conn, "c NOOP\r\n")
	for {
		line, err := one.in.ReadString('\n')
		if err != nil {
			break
		}
		if strings.HasPrefix(line, "c OK") {
			t.Error(line)
		}
	}
}

// TestManyMessages: a folder of 100,000 messages is opened without reading one.
func TestManyMessages(t *testing.T) {
	messages := 100_000
	if testing.Short() {
		messages = 5_000
	}
	dir := t.TempDir()
	store, err := mailbox.OpenStore(dir, mailbox.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	box, err := store.Open("alice")
	if err != nil {
		t.Fatal(err)
	}
	box.Close()
	for i := range messages {
		// A name whose size is a lie shows that the file was not read.
		name := fmt.Sprintf("%s/alice/cur/1772442000.M%dP1Q%d.mail,S=5000,W=5000:2,%s", dir, i/1000, i, []string{"", "S"}[i%2])
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := dial(t, start(t, &Server{Mail: store}))
	c.conn.SetDeadline(time.Now().Add(5 * time.Minute))
	c.line()
	c.must("a LOGIN alice alice")
	began := time.Now()
	lap := func(what string) { t.Logf("%s: %v", what, time.Since(began)); began = time.Now() }
	got := c.must("b SELECT INBOX")
	if want := fmt.Sprintf("* %d EXISTS\n* 0 RECENT\n* OK [UNSEEN 1]", messages); !strings.HasPrefix(got, want) {
		t.Errorf("%.200s", got)
	}
	lap("SELECT")
	if got := c.must("c SEARCH RETURN (COUNT) UNSEEN SMALLER 5001"); got != fmt.Sprintf("* ESEARCH (TAG \"c\") COUNT %d\nc OK SEARCH completed\n", messages/2) {
		t.Errorf("%.200s", got)
	}
	lap("SEARCH")
	if got := c.must("d FETCH 1:* (UID FLAGS RFC822.SIZE)"); strings.Count(got, "\n") != messages+1 {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
	lap("FETCH of all flags")
	for i := range 20 {
		c.must(fmt.Sprintf(`e STORE %d +FLAGS (\Flagged)`, i*7+1))
	}
	lap("20 times STORE")
}
