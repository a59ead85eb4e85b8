// Package chunks reads bodies that come in chunks, as libraries send them that do not
// know the length beforehand: exercises that judge a program's responses take
// them as any browser does.
package chunks

import (
	"bytes"
	"strconv"
)

// Decode puts together what a body in chunks brings (RFC 9112 §7.1). ended is whether
// the last one, that of no bytes, is there. If not, at is where the one begins that
// is not whole.
func Decode(data []byte) (body []byte, at int, ended bool) {
	for {
		line, rest, ok := bytes.Cut(data[at:], []byte("\r\n"))
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		switch {
		case !ok || err != nil:
			return body, at, false
		case n == 0:
			return body, at, bytes.HasPrefix(rest, []byte("\r\n")) || bytes.Contains(rest, []byte("\r\n\r\n")) // trailers
		case len(rest) < int(n)+2 || string(rest[n:n+2]) != "\r\n":
			return body, at, false
		}
		body = append(body, rest[:n]...)
		at += len(line) + 2 + int(n) + 2
	}
}
