package mail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// words is a header's value with its encoded words decoded (RFC 2047): what
// people have written in Chinese. What cannot be decoded stays as it is.
func words(value string) string {
	if !strings.Contains(value, "=?") {
		return value
	}
	decoded, err := (&mime.WordDecoder{CharsetReader: charsetReader}).DecodeHeader(value)
	if err != nil {
		return value
	}
	return decoded
}

func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return encoding.NewDecoder().Reader(r), nil
}

// decoded undoes a body's Content-Transfer-Encoding (RFC 2045 §6), as far as it
// can be done; ok is false where something could not.
func decoded(body []byte, encoding string) (text []byte, ok bool) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return Base64(body)
	case "quoted-printable":
		text, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		return text, err == nil
	}
	return body, true
}

// Base64 decodes as much as can be decoded. Line ends are passed over, and so is
// all else that is not of the alphabet (RFC 2045 §6.8); ok is false if there is
// any, or if the end is missing.
func Base64(body []byte) (text []byte, ok bool) {
	ok = true
	digits := make([]byte, 0, len(body))
	padded := false
	for _, c := range body {
		switch {
		case c == '\r' || c == '\n':
		case c == '=':
			padded = true
		case padded || !isDigit(c):
			ok = false
		default:
			digits = append(digits, c)
		}
	}
	if len(digits)%4 == 1 {
		digits, ok = digits[:len(digits)-1], false
	}
	text, err := base64.RawStdEncoding.DecodeString(string(digits))
	return text, ok && err == nil
}

func isDigit(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

// unicoded is a text in UTF-8, whatever its charset was.
func unicoded(text []byte, charset string) string {
	if charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii") {
		return string(text)
	}
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		return string(text)
	}
	now, err := encoding.NewDecoder().Bytes(text)
	if err != nil || !utf8.Valid(now) {
		return string(text)
	}
	return string(now)
}
