package mail

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/wirebook/wirebook/wire/dissect"
)

// A login by SASL (RFC 4422) is the same in SMTP (RFC 4954), POP3 (RFC 5034) and
// IMAP (RFC 9051 §6.2.2): the client names a mechanism, perhaps with a first
// response; then the server sends challenges and the client responses, each a
// line of Base64, until the server says how it went.
//
//	C: AUTH PLAIN AGFsaWNlAHdvbmRlcg==        PLAIN: NUL alice NUL wonder
//	C: AUTH LOGIN
//	S: 334 VXNlcm5hbWU6                       Username:
//	C: YWxpY2U=                               alice
//
// Base64 hides nothing. All responses are hidden here; only "*", which breaks the
// login off, and "=", an empty one, are not.

// Hidden is a line, or what is known of it, from byte number at on: a response.
func Hidden(line []byte, at int) dissect.Range {
	text := bytes.TrimRight(line, "\r\n")
	if at >= len(text) || string(text[at:]) == "*" || string(text[at:]) == "=" {
		return dissect.Range{}
	}
	return dissect.To(at, len(text))
}

// Stars stand for what nobody should see, however long it is.
const Stars = "****"

// Response is a line that the client sends to log in, as it may be shown, and what
// is to be said of it.
func Response(line []byte) (text string, found []dissect.Finding) {
	text = string(Trim(line))
	if secret := Hidden(line, 0); secret.Length > 0 {
		found = append(found, InClear(secret))
		if strings.Trim(text, "*") == "" {
			text = Stars
		}
	}
	return text, found
}

// FirstResponse hides what stands behind the mechanism: AUTH PLAIN AGFsaWNl…
// words is how many words come before it.
func FirstResponse(line []byte, words int) dissect.Range {
	text := bytes.TrimRight(line, "\r\n")
	at := 0
	for range words {
		at = skip(text, at, true)
		at = skip(text, at, false)
	}
	return Hidden(line, skip(text, at, true))
}

// skip passes over spaces, or over what is none.
func skip(text []byte, at int, spaces bool) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') == spaces {
		at++
	}
	return at
}

// Decoded is what a challenge or a response in Base64 says, or empty where it is
// hidden, no Base64, or no text.
func Decoded(text string) string {
	plain, ok := Base64([]byte(text))
	if !ok || len(plain) == 0 || len(text)%4 != 0 || !utf8.Valid(plain) {
		return ""
	}
	return dissect.Text(plain, maxShown)
}

// SASLField is a challenge or a response, and in it what it says.
func SASLField(name, text string, at int) dissect.Field {
	f := dissect.Field{Name: name, Key: "mail.sasl", Value: dissect.Text([]byte(text), maxShown), Offset: at, Length: len(text)}
	if plain := Decoded(text); plain != "" {
		f.Children = []dissect.Field{{Name: "Decoded", Key: "mail.decoded", Value: plain, Offset: at, Length: len(text)}}
	}
	return f
}

// InClear notices a password that anybody on the path can read (RFC 8314
// §4.1).
func InClear(at dissect.Range) dissect.Finding {
	return Finding("password.clear", 8314, "4.1", at.Offset, at.Length, dissect.Notice)
}
