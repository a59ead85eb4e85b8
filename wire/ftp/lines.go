package ftp

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/protocol/ftp"
	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	maxLine  = ftp.MaxLine + len("\r\n")
	maxReply = 64 << 10 // bytes in all its lines
)

// A line's form, by the sections on commands and on replies.
var (
	commandLines = dissect.Lines{Max: maxLine, Keys: prefix, RFC: 959, Ends: "5.3"}
	replyLines   = dissect.Lines{Max: maxLine, Keys: prefix, RFC: 959, Ends: "4.2"}
)

// parseCommand reads a command line. Its Verb is empty where there is none.
func parseCommand(line []byte) *Message {
	m := new(Message)
	text := bytes.TrimRight(line, "\r\n")
	c, err := ftp.ParseCommand(string(line))
	if err != nil {
		m.arg = place{0, len(text)}
		m.Arg = string(text)
		return m
	}
	m.Verb, m.Arg = c.Verb, c.Arg
	m.verb = place{indexFold(text, c.Verb), len(c.Verb)}
	if at := m.verb.at + m.verb.length + 1; at <= len(text) {
		m.arg = place{at, len(text) - at}
	}
	if secret(line).Length > 0 && strings.Trim(m.Arg, "*") == "" {
		m.Arg = hidden // however long it is
	}
	switch m.Verb {
	case "PORT":
		m.Address, _ = ftp.ParsePort(m.Arg)
	case "EPRT":
		m.Address, _ = ftp.ParseExtendedPort(m.Arg)
	}
	return m
}

// indexFold finds a word of capital letters in a line that may have small ones.
func indexFold(line []byte, word string) int {
	for i := 0; i+len(word) <= len(line); i++ {
		if strings.EqualFold(string(line[i:i+len(word)]), word) {
			return i
		}
	}
	return 0
}

// secret is what stands after PASS or ACCT, also where the line is no proper
// command: whoever mistypes a password does not want it shown either.
func secret(line []byte) dissect.Range {
	text := bytes.TrimRight(line, "\r\n")
	for i, c := range text {
		if c >= 0x80 || c <= ' ' || c == 0x7f {
			continue // Telnet's commands, spaces
		}
		for _, verb := range [...]string{"PASS", "ACCT"} {
			if len(text) >= i+len(verb) && strings.EqualFold(string(text[i:i+len(verb)]), verb) {
				at := i + len(verb)
				if at < len(text) && text[at] <= ' ' {
					at++
				}
				return dissect.To(at, len(text))
			}
		}
		break
	}
	return dissect.Range{}
}

// readReply reads a reply of one line, or of several (RFC 959 §4.2). Its Code is
// 0 where there is none.
func readReply(r *dissect.Reader) (m *Message, found []dissect.Finding, err error) {
	line, found, err := replyLines.Read(r)
	if err != nil {
		return nil, nil, err
	}
	m = new(Message)
	more := m.firstLine(line)
	for more {
		at := r.Offset()
		next, wrong, err := replyLines.Read(r)
		switch err {
		case dissect.ErrGap:
			return nil, nil, err
		case io.EOF:
			return m, append(found, finding("reply.cut", 959, "4.2", place{0, at}, dissect.Wrong)), nil
		}
		found = dissect.AppendOnce(found, wrong...)
		text := next
		if code, between, ok := startOfReply(next); ok && code == m.Code {
			more, text = between, next[min(len("211 "), len(next)):]
		}
		m.add(text, at+len(next)-len(text))
		if more && r.Offset() > maxReply {
			return m, append(found, finding("reply.too-long", 959, "4.2", place{0, at}, dissect.Warning)), nil
		}
	}
	return m, found, nil
}

// firstLine reads a reply's first line, and reports whether others belong to it.
func (m *Message) firstLine(line []byte) (more bool) {
	code, more, ok := startOfReply(line)
	if !ok {
		m.add(line, 0)
		return false
	}
	m.Code = code
	at := min(len("211 "), len(bytes.TrimRight(line, "\r\n")))
	m.add(line[at:], at)
	return more
}

func (m *Message) add(line []byte, at int) {
	m.count++
	if len(m.Lines) == maxLines {
		return
	}
	text := bytes.TrimRight(line, "\r\n")
	m.Lines = append(m.Lines, string(text))
	m.lines = append(m.lines, place{at, len(text)})
}

// startOfReply reads three digits, and the hyphen that says that lines follow.
func startOfReply(line []byte) (code int, more, ok bool) {
	text := bytes.TrimRight(line, "\r\n")
	if len(text) < 3 {
		return 0, false, false
	}
	code, err := strconv.Atoi(string(text[:3]))
	if err != nil || code < 100 || code > 699 || text[0] == '+' {
		return 0, false, false
	}
	if len(text) == 3 || text[3] == ' ' {
		return code, false, true
	}
	return code, true, text[3] == '-'
}

// within is the bytes at p, as far as they are there.
func within(b []byte, p place) []byte {
	start := min(max(p.at, 0), len(b))
	return b[start:min(start+max(p.length, 0), len(b))]
}
