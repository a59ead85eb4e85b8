package pop3

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/mail"
)

// Message is a command, a reply, or what is said to log in.
type Message struct {
	Verb string `json:"verb,omitempty"`     // of a command, in capitals
	Arg  string `json:"argument,omitempty"` // the rest of the line; a password is ****

	Status string   `json:"status,omitempty"` // of a reply: "+OK", "-ERR", or "+" for a challenge
	Text   string   `json:"text,omitempty"`   // the rest of its first line
	Lines  []string `json:"lines,omitempty"`  // those that follow it, if it is no mail; at most 100

	Response string        `json:"response,omitempty"` // what the client sends to log in
	Mail     *mail.Message `json:"mail,omitempty"`     // of RETR and TOP

	asked string // the command that a reply answers
	first int    // bytes of a reply's first line
	size  int    // of the lines that follow it
	multi bool   // there are such lines,
	count int    // so many
	verb  place
	arg   place
}

// place is where something is in the message.
type place struct{ at, length int }

const (
	maxLines = 100
	maxShown = 200
)

// parseCommand reads a command line: a word of three or four letters, and what
// follows it (RFC 1939 §3).
func parseCommand(line []byte) *Message {
	m := new(Message)
	text := bytes.TrimRight(line, "\r\n")
	n := bytes.IndexAny(text, " \t")
	if n < 0 {
		n = len(text)
	}
	m.Verb, m.verb = strings.ToUpper(string(text[:n])), place{0, n}
	if n < len(text) {
		m.Arg, m.arg = string(text[n+1:]), place{n + 1, len(text) - n - 1}
	}
	return m
}

// parseReply reads the first line of a reply.
func parseReply(line []byte) *Message {
	text := mail.Trim(line)
	m := &Message{first: len(line)}
	for _, status := range [...]string{"+OK", "-ERR", "+"} {
		rest, ok := bytes.CutPrefix(text, []byte(status))
		if ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t') {
			m.Status = status
			break
		}
	}
	words := bytes.TrimLeft(text[len(m.Status):], " \t")
	m.Text, m.arg = string(words), place{len(text) - len(words), len(words)}
	m.verb = place{0, len(m.Status)}
	return m
}

// number is that of the mail that a command is about, in this session, or 0. All
// that is said about one mail is one exchange.
func (m *Message) number() int {
	if m.Verb != "RETR" && m.Verb != "TOP" && m.Verb != "DELE" {
		return 0
	}
	first, _, _ := strings.Cut(m.Arg, " ")
	n, err := strconv.Atoi(first)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// multiline reports whether a good reply to a command has many lines.
func multiline(verb, arg string) bool {
	switch verb {
	case "RETR", "TOP", "CAPA":
		return true
	case "LIST", "UIDL", "AUTH": // AUTH alone asks for the mechanisms
		return arg == ""
	}
	return false
}
