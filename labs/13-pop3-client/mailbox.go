package pop3client

import (
	"fmt"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// letter is a message in the mailbox.
type letter struct {
	subject, sender string   // words by which it is known
	body            []string // its lines
	unique          string   // what LISTs call it
}

func newLetter(t *check.T, body ...string) letter {
	if len(body) == 0 {
		body = []string{"Dear Alice,", "", t.Word() + " " + t.Word(), "", "Bob"}
	}
	return letter{subject: t.Word(), sender: t.Word(), body: body, unique: t.Word() + t.Word()}
}

// head are the header lines and the blank line.
func (l letter) head() []string {
	return []string{
		"From: Bob <" + l.sender + "@example.net>",
		"To: alice@example.com",
		"Subject: " + l.subject,
		"Date: Mon, 2 Mar 2026 09:30:00 +0000",
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"",
	}
}

func (l letter) size() int { return len(strings.Join(append(l.head(), l.body...), "\r\n")) + 2 }

// wire is the message as RETR brings it: dots doubled, and the line of the end.
// most is how many lines of the body are wanted (TOP); -1: all.
func (l letter) wire(most int) string {
	lines := l.head()
	if most < 0 || most > len(l.body) {
		most = len(l.body)
	}
	lines = append(lines, l.body[:most]...)
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = "." + line
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n.\r\n"
}

// words are those by which one sees that the program has shown the message, in
// whatever part.
func (l letter) words() []string {
	all := []string{l.subject, l.sender}
	for _, line := range l.body {
		for _, word := range strings.Fields(line) {
			if len(word) > 5 {
				all = append(all, word)
			}
		}
	}
	return all
}

// listing is the answer to LIST and UIDL, without its first line.
func listing(letters []letter, each func(l letter) string) string {
	var b strings.Builder
	for i, l := range letters {
		fmt.Fprintf(&b, "%d %s\r\n", i+1, each(l))
	}
	return b.String() + ".\r\n"
}
