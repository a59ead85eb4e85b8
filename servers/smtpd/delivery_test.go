package smtpd

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// edu and com are two mail servers that know one another by the DNS.
func edu(t testing.TB, nw *streets, s *Server) *testServer {
	t.Helper()
	s.Domains, s.Campus = []string{"example.edu"}, campus
	running := start(t, nw, s)
	nw.domain("example.edu", "mail.example.edu", running.host.address)
	return running
}

func com(t testing.TB, nw *streets, s *Server) *testServer {
	t.Helper()
	if s.Domains == nil {
		s.Domains = []string{"example.com.cn"}
	}
	running := start(t, nw, s)
	nw.domain(s.Domains[0], s.Hostname, running.host.address)
	return running
}

// TestFromAliceToBob is the way of a message: submission, queue, MX, mailbox.
func TestFromAliceToBob(t *testing.T) {
	nw := newStreets()
	alice, bob := edu(t, nw, &Server{}), com(t, nw, &Server{})
	c := dial(t, alice.submit)
	c.says("EHLO laptop", "250", "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "235")
	if reply := c.mail("alice@example.edu", "bob@example.com.cn", "From: alice@example.edu\r\nSubject: hi\r\n\r\n.\r\nnoon?\r\n"); !strings.HasPrefix(reply, "250 2.0.0") {
		t.Fatal(reply)
	}
	text := bob.awaitMail(t, "bob", 1)[0]
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	body, _ := io.ReadAll(m.Body)
	if string(body) != ".\r\nnoon?\r\n" {
		t.Errorf("body %q", body)
	}
	way := m.Header["Received"]
	if len(way) != 2 || !strings.Contains(way[0], "from mail.example.edu ([127.0.0.1])") || !strings.Contains(way[0], "with ESMTP id") ||
		!strings.Contains(way[1], "from laptop ([127.0.0.1])") || !strings.Contains(way[1], "with ESMTPA id") || !strings.Contains(way[1], "for <bob@example.com.cn>") {
		t.Errorf("Received: %q", way)
	}
	if m.Header.Get("Return-Path") != "<alice@example.edu>" || m.Header.Get("Message-ID") == "" {
		t.Errorf("%q", m.Header)
	}
	if _, err := m.Header.Date(); err != nil {
		t.Error(err)
	}
	await(t, "an empty queue", func() bool { return len(alice.Queue.List()) == 0 })
	if n := len(files(t, alice)); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// files are those of a server's queue.
func files(t testing.TB, s *testServer) []string {
	t.Helper()
	entries, err := queue.Read(s.Queue.Dir())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.ID)
	}
	return all
}

// hand hands a message in from the campus, without a login.
func (s *testServer) hand(t testing.TB, from, to, text string) {
	t.Helper()
	c := dial(t, s.mx)
	c.says("HELO alice", "250")
	if reply := c.mail(from, to, text); !strings.HasPrefix(reply, "250") {
		t.Fatal(reply)
	}
	c.says("QUIT", "221")
}

// attempts is how often the only message of the queue was tried.
func (s *testServer) attempts() int {
	for _, e := range s.Queue.List() {
		return e.Recipients[0].Attempts
	}
	return -1
}

// TestTheThirdDomainComesUp after three failed tries: the message arrives, once.
func TestTheThirdDomainComesUp(t *testing.T) {
	nw, movable := newStreets(), clock.NewMovable()
	alice := edu(t, nw, &Server{Clock: movable})
	third := com(t, nw, &Server{Domains: []string{"third.example"}, Clock: movable})
	nw.gone(third.host.address)
	alice.hand(t, "alice@example.edu", "bob@third.example", "Subject: 1\r\n\r\nhello\r\n")
	for n, pause := range []time.Duration{0, time.Minute, 5 * time.Minute} {
		movable.Skip(pause)
		await(t, "a further try", func() bool { return alice.attempts() == n+1 })
		r := alice.Queue.List()[0].Recipients[0]
		if r.State != queue.Waiting || !strings.HasPrefix(r.Reply, "451 4.4.2 no connection") {
			t.Errorf("%+v", r)
		}
		if wait := r.Next.Sub(movable.Now()); wait > queue.DefaultSchedule.Pauses[n] || wait < queue.DefaultSchedule.Pauses[n]-time.Minute {
			t.Errorf("after try %d it waits for %s", n+1, wait)
		}
	}
	third.stop()
	third.serve(t)
	time.Sleep(20 * time.Millisecond)
	if n := len(third.inbox(t, "bob")); n != 0 {
		t.Errorf("it did not wait")
	}
	movable.Skip(15 * time.Minute)
	third.awaitMail(t, "bob", 1)
	await(t, "an empty queue", func() bool { return len(alice.Queue.List()) == 0 })
	movable.Skip(24 * time.Hour)
	third.awaitMail(t, "bob", 1)
}

// TestNobodyOfThisName: Alice's server hands her message on, hears that there is
// no such mailbox, and writes to her.
func TestNobodyOfThisName(t *testing.T) {
	nw := newStreets()
	alice := edu(t, nw, &Server{})
	com(t, nw, &Server{})
	alice.hand(t, "alice@example.edu", "nobody@example.com.cn", "Subject: lost\r\nX-Mark: 7\r\n\r\nhello\r\n")
	notice := alice.awaitMail(t, "alice", 1)[0]
	report := readNotice(t, notice)
	for _, want := range []string{"Final-Recipient: rfc822; nobody@example.com.cn", "Action: failed", "Status: 5.1.1", "Remote-MTA: dns; mail.example.com.cn", "Diagnostic-Code: smtp; 550 5.1.1"} {
		if !strings.Contains(report[1], want) {
			t.Errorf("no %q in %q", want, report[1])
		}
	}
	if !strings.HasPrefix(notice, "Return-Path: <>\r\n") || !strings.Contains(report[0], "no such mailbox here") || !strings.Contains(report[2], "X-Mark: 7\r\n") || strings.Contains(notice, "hello") {
		t.Errorf("%s", notice)
	}
	await(t, "an empty queue", func() bool { return len(alice.Queue.List()) == 0 })
}

// readNotice takes a notice apart with a library that knows nothing of ours.
func readNotice(t testing.TB, text string) (parts []string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || parameters["report-type"] != "delivery-status" {
		t.Fatalf("%s, %v", kind, err)
	}
	reader := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(content))
	}
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	return parts
}

// TestWhatTakesTooLong: after four hours the sender is told that it takes longer,
// once, and after five days that it was given up.
func TestWhatTakesTooLong(t *testing.T) {
	nw, movable := newStreets(), clock.NewMovable()
	alice := edu(t, nw, &Server{Clock: movable})
	nw.domain("down.example", "mail.down.example", "192.0.2.99")
	alice.hand(t, "alice@example.edu", "bob@down.example", "Subject: 1\r\n\r\nhello\r\n")
	for tries := 1; len(alice.Queue.List()) > 0; tries++ {
		await(t, "a further try", func() bool { n := alice.attempts(); return n < 0 || n >= tries })
		movable.Skip(4 * time.Hour)
		if tries > 100 {
			t.Fatal("it is never given up")
		}
	}
	notices := alice.awaitMail(t, "alice", 2)
	if report := readNotice(t, notices[0]); !strings.Contains(report[1], "Action: delayed") || !strings.Contains(report[1], "Will-Retry-Until: ") {
		t.Errorf("%s", notices[0])
	}
	if report := readNotice(t, notices[1]); !strings.Contains(report[1], "Action: failed") || !strings.Contains(report[1], "Status: 4.4.7") {
		t.Errorf("%s", notices[1])
	}
}

// TestANoticeAboutANotice is not written.
func TestANoticeAboutANotice(t *testing.T) {
	nw := newStreets()
	alice := edu(t, nw, &Server{})
	com(t, nw, &Server{})
	alice.hand(t, "", "nobody@example.com.cn", "Subject: notice\r\n\r\n")
	await(t, "an empty queue", func() bool { return len(alice.Queue.List()) == 0 })
	for user := range testUsers {
		alice.awaitMail(t, user, 0)
	}
}

// TestALoop is stopped: by the count of servers, and by one's own name in the DNS.
func TestALoop(t *testing.T) {
	nw := newStreets()
	alice := edu(t, nw, &Server{})
	c := dial(t, alice.mx)
	c.says("HELO x", "250")
	if reply := c.mail("a@b.example", "bob@example.edu", strings.Repeat("Received: from x by y; now\r\n", 101)+"\r\n"); !strings.HasPrefix(reply, "554 5.4.6") {
		t.Error(reply)
	}
	nw.domain("stray.example", "mail.example.edu", alice.host.address)
	alice.hand(t, "alice@example.edu", "x@stray.example", "Subject: 1\r\n\r\n")
	if notice := alice.awaitMail(t, "alice", 1)[0]; !strings.Contains(notice, "Status: 5.4.6") {
		t.Error(notice)
	}

	// Two servers, each of which believes that the other one is the right one.
	other := com(t, nw, &Server{Domains: []string{"other.example"}, Campus: campus})
	nw.domain("ping.example", "mail.other.example", other.host.address)
	wrong := newStreets()
	wrong.domain("ping.example", "mail.example.edu", alice.host.address)
	wrong.domain("example.edu", "mail.example.edu", alice.host.address)
	other.stop()
	other.Resolver = wrong
	other.serve(t)
	alice.hand(t, "alice@example.edu", "x@ping.example", "Subject: 2\r\n\r\n")
	notice := alice.awaitMail(t, "alice", 2)[1]
	if !strings.Contains(notice, "5.4.6 it has passed too many servers") || strings.Count(notice, "Received: ") < 50 {
		t.Error(notice)
	}
}

// TestSeveralRecipients of one domain share a transaction, and those who are
// refused do not keep it from the others.
func TestSeveralRecipients(t *testing.T) {
	nw := newStreets()
	alice, bob := edu(t, nw, &Server{}), com(t, nw, &Server{})
	c := dial(t, alice.mx)
	c.says("HELO alice", "250", "MAIL FROM:<alice@example.edu>", "250")
	for _, to := range []string{"bob@example.com.cn", "carol@example.com.cn", "nobody@example.com.cn", "carol@example.edu", "\"no body\"@example.com.cn"} {
		c.says("RCPT TO:<"+to+">", "250")
	}
	c.says("DATA", "354", "Subject: all\r\n\r\n.", "250")
	bob.awaitMail(t, "bob", 1)
	bob.awaitMail(t, "carol", 1)
	alice.awaitMail(t, "carol", 1)
	notice := alice.awaitMail(t, "alice", 1)[0]
	if !strings.Contains(notice, "rfc822; nobody@") || !strings.Contains(notice, "rfc822; \"no body\"@") || strings.Contains(notice, "rfc822; bob@") {
		t.Error(notice)
	}
	nw.mu.Lock()
	defer nw.mu.Unlock()
	if nw.dials != 1 {
		t.Errorf("%d connections", nw.dials)
	}
}

// TestMailServersOfADomain: which host is tried, and what that leads to.
func TestMailServersOfADomain(t *testing.T) {
	const works, silent = "good", "silent"
	for name, test := range map[string]struct {
		records []*net.MX
		hosts   []string // that have the address of the server that works
		status  string   // "" is that the message arrives
	}{
		"the preferred one":        {[]*net.MX{{Host: works, Pref: 10}, {Host: silent, Pref: 20}}, []string{works}, ""},
		"the next one":             {[]*net.MX{{Host: silent, Pref: 10}, {Host: "unknown", Pref: 15}, {Host: works, Pref: 20}}, []string{works}, ""},
		"no MX, but an address":    {nil, []string{"third.example"}, ""},
		"nothing at all":           {nil, nil, "5.1.2"},
		"null MX":                  {[]*net.MX{{Host: ".", Pref: 0}}, []string{"third.example"}, "5.1.10"},
		"hosts that do not exist":  {[]*net.MX{{Host: "unknown", Pref: 0}}, []string{"third.example"}, "5.1.2"},
		"we, and then a worse one": {[]*net.MX{{Host: "mail.example.edu", Pref: 10}, {Host: works, Pref: 10}}, []string{works}, "5.4.6"},
		"a better one, and us":     {[]*net.MX{{Host: "mail.example.edu", Pref: 20}, {Host: works, Pref: 10}}, []string{works}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			nw := newStreets()
			alice, third := edu(t, nw, &Server{}), start(t, nw, &Server{Domains: []string{"third.example"}})
			if test.records != nil {
				nw.mx["third.example"] = test.records
			}
			nw.hosts[silent] = []string{"192.0.2.99"}
			for _, host := range test.hosts {
				nw.hosts[host] = []string{"192.0.2.98", third.host.address}
			}
			alice.hand(t, "alice@example.edu", "bob@third.example", "Subject: 1\r\n\r\n")
			if test.status == "" {
				third.awaitMail(t, "bob", 1)
			} else if notice := alice.awaitMail(t, "alice", 1)[0]; !strings.Contains(notice, "Status: "+test.status) {
				t.Error(notice)
			}
		})
	}
}

// TestSentByTLS if the other server offers it, and also if its certificate is not
// good: then without.
func TestSentByTLS(t *testing.T) {
	authority := certificate.For(t)
	for host, want := range map[string]string{"mail.example.com": "with ESMTPS id", "mail.third.example": "with ESMTP id"} {
		nw := newStreets()
		alice := edu(t, nw, &Server{Trust: authority.Client})
		bob := com(t, nw, &Server{Domains: []string{"third.example"}, Hostname: host, TLS: authority.Server})
		alice.hand(t, "alice@example.edu", "bob@third.example", "Subject: 1\r\n\r\n")
		if text := bob.awaitMail(t, "bob", 1)[0]; !strings.Contains(text, want) {
			t.Errorf("%s: %s", host, text)
		}
	}
}

// TestTheQueueOutlivesTheServer, with its alarms.
func TestTheQueueOutlivesTheServer(t *testing.T) {
	nw, movable := newStreets(), clock.NewMovable()
	dir := filepath.Join(t.TempDir(), "queue")
	alice := edu(t, nw, &Server{Clock: movable, Queue: openQueue(t, dir, "mail.example.edu", movable)})
	third := com(t, nw, &Server{Domains: []string{"third.example"}, Clock: movable})
	nw.gone(third.host.address)
	for i := range 3 {
		alice.hand(t, "alice@example.edu", "bob@third.example", fmt.Sprintf("Subject: %d\r\n\r\n", i))
	}
	await(t, "a try of each", func() bool {
		tried := 0
		for _, e := range alice.Queue.List() {
			tried += e.Recipients[0].Attempts
		}
		return tried == 3
	})
	if _, err := queue.Open(dir, queue.Config{}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("opened twice: %v", err)
	}
	before := alice.Queue.List()
	alice.stop()
	alice.Queue.Close()
	alice.Queue = openQueue(t, dir, "mail.example.edu", movable)
	if after := alice.Queue.List(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("before %v\nafter  %v", before, after)
	}
	if err := alice.Queue.Remove(before[1].ID); err != nil {
		t.Error(err)
	}
	alice.serve(t)
	defer alice.stop() // before the queue that was opened last is closed
	third.stop()
	third.serve(t)
	alice.Queue.Flush()
	all := third.awaitMail(t, "bob", 2)
	if text := strings.Join(all, ""); !strings.Contains(text, "Subject: 0") || strings.Contains(text, "Subject: 1") || !strings.Contains(text, "Subject: 2") {
		t.Errorf("%q", all)
	}
	await(t, "an empty queue", func() bool { return len(alice.Queue.List()) == 0 })
}

// TestEveryOctetArrives, from header to end, through two servers.
func TestEveryOctetArrives(t *testing.T) {
	nw := newStreets()
	alice, bob := edu(t, nw, &Server{}), com(t, nw, &Server{})
	var b bytes.Buffer
	for i := range 256 {
		if i != '\r' && i != '\n' {
			b.WriteByte(byte(i))
		}
	}
	line := b.String() + "\r\n"
	text := "Subject: all\r\n\r\n" + strings.Repeat(line, 1000)
	c := dial(t, alice.mx)
	c.says("EHLO alice", "250")
	c.mail("alice@example.edu", "bob@example.com.cn", text)
	if got := bob.awaitMail(t, "bob", 1)[0]; !strings.HasSuffix(got, text) {
		t.Errorf("%d octets, want the last %d", len(got), len(text))
	}
}

// TestNamesInOtherScripts of users and of domains (RFC 6531), through two servers.
func TestNamesInOtherScripts(t *testing.T) {
	nw := newStreets()
	users := maps.Clone(testUsers)
	users["用户"] = "x"
	alice, bob := edu(t, nw, &Server{Users: users}), com(t, nw, &Server{Domains: []string{"例子.example"}, Hostname: "mail.li.example", Users: users})
	nw.domain("xn--fsqu00a.example", "mail.li.example", bob.host.address)
	c := dial(t, alice.mx)
	c.says("EHLO alice", "250", "MAIL FROM:<用户@example.edu> SMTPUTF8", "250", "RCPT TO:<用户@例子.example>", "250", "RCPT TO:<无人@例子.example>", "250",
		"DATA", "354", "Subject: 你好\r\n\r\n你好\r\n.", "250")
	if text := bob.awaitMail(t, "用户", 1)[0]; !strings.Contains(text, "Return-Path: <用户@example.edu>") || !strings.Contains(text, "with UTF8SMTP id") || !strings.HasSuffix(text, "\r\n你好\r\n") {
		t.Error(text)
	}
	notice := alice.awaitMail(t, "用户", 1)[0]
	if report := readNotice(t, notice); !strings.Contains(report[1], "Final-Recipient: utf-8; 无人@例子.example") || !strings.Contains(notice, "message/global-delivery-status") {
		t.Error(notice)
	}
}
