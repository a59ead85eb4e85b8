package imap

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// Message is a command, a reply, or what is said to log in.
type Message struct {
	Tag  string `json:"tag,omitempty"`      // of a command or its last reply; "*" and "+" of others
	Verb string `json:"verb,omitempty"`     // of a command, in capitals
	UID  bool   `json:"uid,omitempty"`      // UID stood before it
	Arg  string `json:"argument,omitempty"` // the rest of its line

	Reply  bool   `json:"reply"`
	Status string `json:"status,omitempty"` // of a reply: OK, NO, BAD, BYE, PREAUTH; or what it tells of: FETCH, EXISTS
	Number int    `json:"number,omitempty"` // that stands before that
	Text   string `json:"text,omitempty"`   // the rest of its line

	Response string        `json:"response,omitempty"` // what the client sends to log in, or DONE
	Mail     *mail.Message `json:"mail,omitempty"`     // in a literal

	place    [3]place // of the tag, the verb or status, and the rest
	lines    []place  // further lines, behind literals
	literals []literal
	greeting bool
	done     bool // DONE, which ends IDLE
	asks     bool // a challenge
}

// place is where something is in the message.
type place struct{ at, length int }

// literal is bytes that are announced by their number: {498} (RFC 9051 §4.3).
type literal struct {
	place
	item string // what it is: "BODY[]"
	mail *mail.Message
}

const (
	maxLiterals = 100 // in one message
	maxShown    = 200
)

// split cuts a line into words, at most n, the last of which is the rest.
func split(line []byte, n int) []place {
	text := bytes.TrimRight(line, "\r\n")
	var words []place
	for at := 0; at < len(text); {
		end := bytes.IndexByte(text[at:], ' ')
		if end < 0 || len(words) == n-1 {
			end = len(text) - at
		}
		words = append(words, place{at, end})
		at += end + 1
	}
	return words
}

func within(b []byte, p place) string {
	start := min(p.at, len(b))
	return string(b[start:min(start+p.length, len(b))])
}

// parseCommand reads the first line of a command: a tag, a word, and what follows
// it (RFC 9051 §2.2.1).
func parseCommand(line []byte) *Message {
	m := new(Message)
	words := split(line, 3)
	if len(words) > 1 && strings.EqualFold(within(line, words[1]), "UID") {
		if further := split(line, 4); len(further) > 2 {
			m.UID = true
			words = append(further[:1], further[2:]...)
		}
	}
	copy(m.place[:], words)
	m.Tag = within(line, m.place[0])
	m.Verb = strings.ToUpper(within(line, m.place[1]))
	m.Arg = within(line, m.place[2])
	return m
}

// parseReply reads the first line of a reply (RFC 9051 §2.2.2).
func parseReply(line []byte) *Message {
	m := &Message{Reply: true}
	words := split(line, 3)
	if len(words) > 1 && within(line, words[0]) == "*" {
		if n, err := strconv.Atoi(within(line, words[1])); err == nil && n >= 0 { // * 2 EXISTS
			m.Number = n
			further := split(line, 4)
			words = append(further[:1], further[2:]...)
		}
	}
	if len(words) > 0 && within(line, words[0]) == "+" {
		words = append(words[:1], place{}, place{min(2, len(mail.Trim(line))), max(len(mail.Trim(line))-2, 0)})
	}
	copy(m.place[:], words)
	m.Tag = within(line, m.place[0])
	m.Status = strings.ToUpper(within(line, m.place[1]))
	m.Text = within(line, m.place[2])
	return m
}

// announced is the literal that a line ends with, and whether its sender need not
// wait for "+" ({12+}, RFC 7888).
func announced(line []byte) (size int64, atOnce, ok bool) {
	text := bytes.TrimRight(line, "\r\n")
	start := bytes.LastIndexByte(text, '{')
	if start < 0 || len(text) == len(line) || text[len(text)-1] != '}' {
		return 0, false, false
	}
	digits, plus := strings.CutSuffix(string(text[start+1:len(text)-1]), "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false, false
	}
	size, err := strconv.ParseInt(digits, 10, 62)
	return size, plus, err == nil
}

// item is what a literal is, by the word before it: BODY[HEADER.FIELDS (FROM)].
func item(line []byte) string {
	text := string(line[:bytes.LastIndexByte(line, '{')])
	text = strings.TrimSuffix(strings.TrimRight(text, " "), "~")
	depth := 0
	for i := len(text) - 1; i >= 0; i-- {
		switch text[i] {
		case ']':
			depth++
		case '[':
			depth--
		case ' ', '(':
			if depth <= 0 {
				return strings.ToUpper(text[i+1:])
			}
		}
	}
	return strings.ToUpper(text)
}

// hasHeader reports whether a literal begins with a mail's header, and hasBody
// whether the rest of the mail follows it.
func hasHeader(item string) bool {
	return hasBody(item) || strings.HasPrefix(item, "BODY[HEADER") || item == "RFC822.HEADER"
}

func hasBody(item string) bool { return item == "BODY[]" || item == "RFC822" || item == "BODY[]<0>" }

// read reads a literal's bytes.
func (m *Message) read(r *dissect.Reader, size int64, name string, isMail, whole bool) error {
	l := literal{place: place{r.Offset(), 0}, item: name}
	_, err := r.Skip(size)
	l.length = r.Offset() - l.at
	if isMail && m.Mail == nil {
		l.mail = mail.Read(r.Read(), l.at, l.length, false, whole && err == nil)
		m.Mail = l.mail
	}
	m.literals = append(m.literals, l)
	return err
}
