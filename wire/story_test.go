package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/internal/forge"
)

// journeys is two mails: handed in, passed on, fetched by POP3 and by IMAP.
func journeys() []frame.Frame {
	n := new(forge.Network)
	mua, out, mx := forge.NewHost("alice", "10.9.0.1", 1), forge.NewHost("smtp", "10.9.0.2", 2), forge.NewHost("mx", "10.9.0.3", 3)
	bob := forge.NewHost("bob", "10.9.0.4", 4)
	mail := func(id, received string) string {
		return received + "From: a\r\nDate: b\r\nMessage-ID: <" + id + ">\r\nSubject: mail " + id + "\r\n\r\nhi\r\n"
	}
	one, two := mail("1@a", ""), mail("2@a", "")
	var frames []frame.Frame
	talk := func(from, to *forge.Host, port uint16, said ...string) {
		c, opened := n.Dial(from, to, 40000+uint16(len(frames)), port)
		frames = append(frames, opened...)
		for i, text := range said {
			frames = append(frames, c.Say(1-i%2, text)...)
		}
	}
	smtp := func(from, to *forge.Host, port uint16, mails ...string) {
		said := []string{"220 ESMTP\r\n", "EHLO x\r\n", "250 y\r\n"}
		for i, m := range mails {
			said = append(said, fmt.Sprintf("MAIL FROM:<a%d@a>\r\n", i+1), "250 from\r\n", "RCPT TO:<b@b>\r\n", "250 to\r\n", "DATA\r\n", "354 go\r\n", m+".\r\n", "250 queued\r\n")
		}
		talk(from, to, port, append(said, "QUIT\r\n", "221 bye\r\n")...)
	}
	smtp(mua, out, 587, one, two)
	smtp(out, mx, 25, mail("2@a", "Received: by smtp\r\n"))
	smtp(out, mx, 25, mail("1@a", "Received: by smtp\r\n"))
	got1 := mail("1@a", "Received: by mx\r\nReceived: by smtp\r\n")
	talk(bob, mx, 110, "+OK\r\n", "USER b\r\n", "+OK\r\n", "PASS b\r\n", "+OK\r\n", "RETR 1\r\n", "+OK\r\n"+two+".\r\n", "RETR 2\r\n", "+OK\r\n"+got1+".\r\n",
		"DELE 2\r\n", "+OK\r\n", "DELE 1\r\n", "+OK\r\n", "QUIT\r\n", "+OK\r\n")
	talk(bob, mx, 143, "* OK\r\n", "a LOGIN b b\r\n", "a OK\r\n", "b SELECT INBOX\r\n", "* 2 EXISTS\r\nb OK\r\n", "c FETCH 1:2 BODY[]\r\n",
		fmt.Sprintf("* 1 FETCH (BODY[] {%d}\r\n%s)\r\n* 2 FETCH (BODY[] {%d}\r\n%s)\r\nc OK\r\n", len(two), two, len(got1), got1))
	return frames
}

func TestStory(t *testing.T) {
	messages, _ := observe(t, wire.Options{}, journeys()...)
	tell := func(id string) string {
		story := wire.NewStory(id)
		var said []string
		for _, m := range messages {
			for _, told := range story.Tell(m) {
				said = append(said, fmt.Sprintf("%s > %s: %s", told.From, told.To, told.Summary))
			}
		}
		return strings.Join(said, "\n")
	}
	const want = `alice > smtp: MAIL FROM:<a1@a>
smtp > alice: 250 from
alice > smtp: RCPT TO:<b@b>
smtp > alice: 250 to
alice > smtp: DATA
smtp > alice: 354 go
alice > smtp: message "mail 1@a", 62 bytes
smtp > alice: 250 queued
smtp > mx: MAIL FROM:<a1@a>
mx > smtp: 250 from
smtp > mx: RCPT TO:<b@b>
mx > smtp: 250 to
smtp > mx: DATA
mx > smtp: 354 go
smtp > mx: message "mail 1@a", 81 bytes
mx > smtp: 250 queued
bob > mx: RETR 2
mx > bob: +OK: message "mail 1@a", 98 bytes
bob > mx: DELE 2
mx > bob: +OK
bob > mx: c FETCH 1:2 BODY[]
mx > bob: * 2 FETCH: message "mail 1@a", 98 bytes
mx > bob: c OK`
	if got := tell("1@a"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if tell("<1@a>") != want {
		t.Error("with angle brackets it is another story")
	}
	if got := tell("3@a"); got != "" {
		t.Errorf("of no mail: %s", got)
	}
	nameless := &wire.Message{ID: 1, Story: "<>"}
	if len(wire.NewStory("").Tell(nameless)) != 1 || len(wire.NewStory("1@a").Tell(nameless)) != 0 {
		t.Error("a mail without a name belongs to the story of all, and to no other")
	}
	if got := tell(""); strings.Count(got, "message") != 8 || strings.Contains(got, "LOGIN") || strings.Contains(got, "QUIT") {
		t.Errorf("of all mails:\n%s", got)
	}
}
