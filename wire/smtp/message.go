package smtp

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/mail"
)

// Message is a command, a reply, what is said to log in, or a mail.
type Message struct {
	Verb     string   `json:"verb,omitempty"`     // of a command, in capitals
	Arg      string   `json:"argument,omitempty"` // the rest of the line
	Code     int      `json:"code,omitempty"`     // of a reply
	Enhanced string   `json:"enhanced,omitempty"` // its enhanced status code, as "5.1.1"
	Lines    []string `json:"lines,omitempty"`    // of a reply, without the code; at most 100

	// Response is what the client sends to log in.
	Response string `json:"response,omitempty"`

	Mail *mail.Message `json:"mail,omitempty"` // of DATA, or the first chunk of BDAT

	verb, arg place
	lines     []place
	count     int
	hello     bool // a reply to EHLO, whose lines are extensions
	accepted  bool // a good reply to a mail
}

// place is where something is in the message.
type place struct{ at, length int }

const (
	maxLines = 100
	maxShown = 200
)

// parseCommand reads a command line: a word, and what follows it (RFC 5321
// §4.1.1).
func parseCommand(line []byte) *Message {
	m := new(Message)
	text := bytes.TrimRight(line, "\r\n")
	n := 0
	for n < len(text) && letter(text[n]) {
		n++
	}
	if n == 0 || n < len(text) && text[n] != ' ' && text[n] != '\t' {
		m.Arg, m.arg = string(text), place{0, len(text)}
		return m
	}
	m.Verb, m.verb = strings.ToUpper(string(text[:n])), place{0, n}
	arg := bytes.TrimLeft(text[n:], " \t")
	m.Arg, m.arg = string(bytes.TrimRight(arg, " \t")), place{len(text) - len(arg), len(bytes.TrimRight(arg, " \t"))}
	return m
}

func letter(c byte) bool { return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' }

// path is what stands between the angle brackets of MAIL FROM:<…> or RCPT
// TO:<…>, with them, and its place in the argument.
func (m *Message) path() (string, int) {
	if m.Verb != "MAIL" && m.Verb != "RCPT" {
		return "", 0
	}
	start := strings.IndexByte(m.Arg, '<')
	if start < 0 {
		return "", 0
	}
	end := strings.IndexByte(m.Arg[start:], '>')
	if end < 0 {
		return "", 0
	}
	return m.Arg[start : start+end+1], start
}

// chunk is the size that BDAT announces (RFC 3030 §2).
func (m *Message) chunk() (size int64, last, ok bool) {
	words := strings.Fields(m.Arg)
	if m.Verb != "BDAT" || len(words) == 0 || len(words) > 2 {
		return 0, false, false
	}
	last = len(words) == 2 && strings.EqualFold(words[1], "LAST")
	size, err := strconv.ParseInt(words[0], 10, 62)
	return size, last, err == nil && size >= 0 && (len(words) == 1 || last)
}

// readStatus reads the code of a reply's line, and whether others follow it.
func readStatus(line []byte) (code int, more, ok bool) {
	text := bytes.TrimRight(line, "\r\n")
	if len(text) < 3 {
		return 0, false, false
	}
	for _, c := range text[:3] {
		if c < '0' || c > '9' {
			return 0, false, false
		}
		code = 10*code + int(c-'0')
	}
	switch {
	case code < 200 || code > 599:
		return 0, false, false
	case len(text) == 3 || text[3] == ' ':
		return code, false, true
	}
	return code, true, text[3] == '-'
}

// add takes a line of a reply, whose text begins at byte number at.
func (m *Message) add(text []byte, at int) {
	m.count++
	if len(m.Lines) == maxLines {
		return
	}
	text = bytes.TrimRight(text, "\r\n")
	m.Lines = append(m.Lines, string(text))
	m.lines = append(m.lines, place{at, len(text)})
	if m.count == 1 {
		m.Enhanced = enhanced(m.Lines[0])
	}
}

// enhanced is the status code class.subject.detail that a reply's text begins
// with (RFC 3463 §2), or empty.
func enhanced(text string) string {
	word, _, _ := strings.Cut(text, " ")
	numbers := strings.Split(word, ".")
	if len(numbers) != 3 || !strings.Contains("245", numbers[0]) || len(numbers[0]) != 1 {
		return ""
	}
	for _, n := range numbers {
		if n == "" || len(n) > 3 || strings.Trim(n, "0123456789") != "" {
			return ""
		}
	}
	return word
}
