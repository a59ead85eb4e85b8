package world

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// dialogue is a client that is written out.
type dialogue struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (w *World) talk(t *testing.T, from, address string) *dialogue {
	t.Helper()
	conn, err := w.Host(from).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(w.clock.Now().Add(time.Minute))
	return &dialogue{t, conn, bufio.NewReader(conn)}
}

// say sends a line, if it is not empty, and returns the last line of the reply.
func (d *dialogue) say(line string) string {
	d.t.Helper()
	if line != "" {
		fmt.Fprintf(d.conn, "%s\r\n", line)
	}
	for {
		reply, err := d.in.ReadString('\n')
		if err != nil {
			d.t.Fatalf("%s: %q, %v", line, reply, err)
		}
		if len(reply) < 4 || reply[3] != '-' {
			return strings.TrimSuffix(reply, "\r\n")
		}
	}
}

// must says lines that have to be answered as expected.
func (d *dialogue) must(lines ...[2]string) {
	d.t.Helper()
	for _, l := range lines {
		if reply := d.say(l[0]); !strings.HasPrefix(reply, l[1]) {
			d.t.Fatalf("%s: %s, want %s", l[0], reply, l[1])
		}
	}
}

// send hands in a message as a user of the campus does.
func send(t *testing.T, w *World, to, subject string) {
	t.Helper()
	d := w.talk(t, "alice", "mail.example.edu:25")
	d.must([2]string{"", "220"}, [2]string{"EHLO alice.example.edu", "250"}, [2]string{"MAIL FROM:<alice@example.edu>", "250"},
		[2]string{"RCPT TO:<" + to + ">", "250"}, [2]string{"DATA", "354"},
		[2]string{"From: alice@example.edu\r\nTo: " + to + "\r\nSubject: " + subject + "\r\n\r\nhello\r\n.", "250"}, [2]string{"QUIT", "221"})
}

// subjects are those of the messages that a user fetches by POP3 from carol's
// computer.
func subjects(t *testing.T, w *World, server, user string) []string {
	t.Helper()
	d := w.talk(t, "carol", server+":110")
	d.must([2]string{"", "+OK"}, [2]string{"USER " + user, "+OK"}, [2]string{"PASS " + user, "+OK"})
	var count int
	if _, err := fmt.Sscanf(d.say("STAT"), "+OK %d", &count); err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range count {
		for line := d.say(fmt.Sprint("RETR ", i+1)); line != "."; line = d.say("") {
			if subject, ok := strings.CutPrefix(line, "Subject: "); ok {
				all = append(all, subject)
			}
		}
	}
	d.must([2]string{"QUIT", "+OK"})
	return all
}

// until waits for a condition that must come.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

// TestMailFromDomainToDomain: alice's server finds bob's by the MX record.
func TestMailFromDomainToDomain(t *testing.T) {
	w := start(t, Options{})
	send(t, w, "bob@example.com", "lunch")
	send(t, w, "carol@example.edu", "here")
	until(t, "bob has the message", func() bool { return len(subjects(t, w, "mail.example.com", "bob")) > 0 })
	if got := subjects(t, w, "mail.example.com", "bob"); len(got) != 1 || got[0] != "lunch" {
		t.Errorf("bob has %q", got)
	}
	if got := subjects(t, w, "pop.example.edu", "carol"); len(got) != 1 || got[0] != "here" {
		t.Errorf("carol has %q", got)
	}
	until(t, "nothing waits", func() bool { return len(w.MailQueue()) == 0 })
	// And she can read it where it is.
	d := w.talk(t, "dave", "imap.example.edu:143")
	d.must([2]string{"", "* OK"}, [2]string{"a LOGIN carol carol", "a OK"})
	if reply := d.say("b STATUS INBOX (MESSAGES)"); reply != "* STATUS INBOX (MESSAGES 1)" {
		t.Error(reply)
	}
}

// TestTheThirdDomain is down while it is tried three times, and then comes up: the
// message arrives, once.
func TestTheThirdDomain(t *testing.T) {
	c := clock.NewMovable()
	w := start(t, Options{Clock: c})
	c.OnSettle(w.Internet.Settle)
	send(t, w, "erin@example.org", "are you there?")
	attempts := func(n int) func() bool {
		return func() bool {
			q := w.MailQueue()
			return len(q) == 1 && q[0].Server == "mail" && q[0].Recipients[0].Attempts == n
		}
	}
	until(t, "the first attempt", attempts(1))
	for i, pause := range queue.DefaultSchedule.Pauses[:2] {
		c.Skip(pause + time.Second)
		until(t, "a further attempt", attempts(i+2))
	}
	if reply := w.MailQueue()[0].Recipients[0].Reply; !strings.Contains(reply, "refused") {
		t.Errorf("it waits because of %q", reply)
	}
	if err := w.Servers.Start("mail-org", "smtp"); err != nil {
		t.Fatal(err)
	}
	until(t, "the server listens", func() bool { return listens(w.Host("mail-org"), []Port{{"tcp", 25}}) })
	c.Skip(queue.DefaultSchedule.Pauses[2] + time.Second)
	until(t, "the queue is empty", func() bool { return len(w.MailQueue()) == 0 })
	if got := subjects(t, w, "mail.example.org", "erin"); len(got) != 1 || got[0] != "are you there?" {
		t.Errorf("erin has %q", got)
	}
}

// TestNobodyRelaysForStrangers: bob's server takes mail for its own domain only,
// alice's from its campus also for others.
func TestNobodyRelaysForStrangers(t *testing.T) {
	w := start(t, Options{})
	for _, c := range []struct{ from, server, to, want string }{
		{"dave", "mail.example.edu", "bob@example.com", "550 5.7.1"},
		{"dave", "mail.example.edu", "alice@example.edu", "250"},
		{"alice", "mail.example.com", "carol@example.edu", "550 5.7.1"},
		{"alice", "mail.example.com", "nobody@example.com", "550 5.1.1"},
		{"carol", "mail.example.edu", "bob@example.com", "250"}, // the dorm
	} {
		d := w.talk(t, c.from, c.server+":25")
		d.must([2]string{"", "220"}, [2]string{"HELO " + c.from, "250"}, [2]string{"MAIL FROM:<x@example.net>", "250"})
		if reply := d.say("RCPT TO:<" + c.to + ">"); !strings.HasPrefix(reply, c.want) {
			t.Errorf("%s at %s, to %s: %s, want %s", c.from, c.server, c.to, reply, c.want)
		}
	}
}

// TestMailOutlivesTheWorld where there is a state to keep it in, and its folder
// passes where there is none.
func TestMailOutlivesTheWorld(t *testing.T) {
	state := t.TempDir()
	for _, want := range []int{0, 1, 2} {
		root, err := os.OpenRoot(state)
		if err != nil {
			t.Fatal(err)
		}
		w := start(t, Options{State: root})
		if n := len(subjects(t, w, "mail.example.edu", "carol")); n != want {
			t.Errorf("carol has %d messages, want %d", n, want)
		}
		send(t, w, "carol@example.edu", "one more")
		w.Close()
	}
	w := start(t, Options{})
	folder := w.mail.folder
	send(t, w, "carol@example.edu", "for a moment")
	w.Close()
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", folder, err)
	}
}

// TestMailInWorldFiles: what may be wrong there is said with its line.
func TestMailInWorldFiles(t *testing.T) {
	const good = "      http: {site: site}"
	for _, c := range []struct{ name, is, want string }{
		{"no domain", "      smtp: {users: bob}", `small.yaml:19: the smtp server takes mail for no domain; write domain:`},
		{"no users", "      smtp: {domain: example.com}", `small.yaml:19: nobody has a mailbox at the smtp server; write users: and their names`},
		{"a user twice", "      smtp: {domain: example.com, users: [bob, bob]}", `small.yaml:19: the user bob is there twice; remove one of the two`},
		{"nothing to fetch", "      pop3:", `small.yaml:14: pop3 of www has no mail to hand out; give it an smtp server, which brings the mail`},
		{"an option of another", "      smtp: {domain: example.com, users: bob}\n      imap: {users: bob}", `small.yaml:20: an imap server has no "users"`},
		{"unknown network", "      smtp: {domain: example.com, users: bob, relay: lna}", `small.yaml:19: there is no network or host "lna"`},
		{"not a word", "      smtp: {domain: example.com, users: bob, start: perhaps}", `small.yaml:19: "perhaps" is neither; write true or false`},
		{"domain twice", "      smtp: {domain: example.com, users: bob}\n  mail:\n    on: lan\n    at: 25\n    servers:\n      smtp: {domain: example.com, users: carol}", `small.yaml:20: www and mail both have the mailboxes of example.com; name it at one of them`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(strings.Replace(small, "10080: www:80", "", 1), good, c.is, 1)
			_, err := Parse(smallFiles(), "small.yaml", []byte(text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	text := strings.Replace(strings.Replace(small, "10080: www:80", "10025: www:25", 1), good,
		"      smtp: {domain: [example.com, example.net], users: {bob: secret, carol: carol}, relay: [lan, 198.51.100.7/32], start: false}\n      pop3:\n      imap: {}", 1)
	plan, err := Parse(smallFiles(), "small.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	smtp := plan.host("www").smtp()
	if !slices.Equal(smtp.domains, []string{"example.com", "example.net"}) || !maps.Equal(smtp.users, mailbox.Passwords{"bob": "secret", "carol": "carol"}) {
		t.Errorf("domains %q, users %v", smtp.domains, smtp.users)
	}
	if servers := plan.host("www").Servers; !servers[0].Held || servers[1].Held || len(servers) != 3 {
		t.Errorf("servers %+v", servers)
	}
}
