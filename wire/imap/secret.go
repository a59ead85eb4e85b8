package imap

import (
	"bytes"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// login is how much of LOGIN's arguments has been said: they may be words, quoted
// strings, or literals, each behind a line of its own (RFC 9051 §6.2.3).
type login struct {
	arguments int
	literal   bool // the next bytes are one
}

// secret is what of the client's bytes nobody should see.
func (d *dialogue) secret(start []byte) dissect.Range {
	switch {
	case d.loggingIn:
		return mail.Hidden(start, 0)
	case d.login != nil && d.login.literal:
		if d.login.arguments > 0 {
			return dissect.To(0, len(start))
		}
		return dissect.Range{}
	case d.login != nil:
		secret, _ := password(start, 0, d.login.arguments)
		return secret
	case d.further:
		return dissect.Range{}
	}
	at, verb := loginVerb(start)
	switch verb {
	case "LOGIN":
		secret, _ := password(start, at, 0)
		return secret
	case "AUTHENTICATE":
		return mail.FirstResponse(start, bytes.Count(bytes.TrimSpace(start[:at]), []byte(" "))+2)
	}
	return dissect.Range{}
}

// loginVerb finds LOGIN or AUTHENTICATE, also where the tag was forgotten, and
// where the arguments begin.
func loginVerb(line []byte) (at int, verb string) {
	for i, word := range split(line, 3) {
		end := word.at + word.length
		verb := strings.ToUpper(within(line, word))
		if i < 2 && (verb == "LOGIN" || verb == "AUTHENTICATE") && end < len(line) && line[end] == ' ' {
			return end, verb
		}
	}
	return 0, ""
}

// password is what is secret of a line from byte number at on, before which so
// many arguments were said: the second, and whatever follows it. It also counts
// the arguments.
func password(line []byte, at, arguments int) (dissect.Range, int) {
	text := bytes.TrimRight(line, "\r\n")
	for {
		for at < len(text) && text[at] == ' ' {
			at++
		}
		switch {
		case at >= len(text), text[at] == '{':
			return dissect.Range{}, arguments
		case arguments > 0:
			return dissect.To(at, len(text)), arguments + 1
		}
		end := endOfArgument(text, at)
		if end < 0 {
			return dissect.Range{}, arguments
		}
		at = end
		arguments++
	}
}

// endOfArgument is where a word or a quoted string ends, or -1: it does not yet.
func endOfArgument(text []byte, at int) int {
	if text[at] != '"' {
		if n := bytes.IndexByte(text[at:], ' '); n >= 0 {
			return at + n
		}
		return -1
	}
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}
