package http

import (
	"bytes"

	"github.com/wirebook/wirebook/wire/dissect"
)

// credentials are what stands behind the scheme in a header line Authorization or
// Proxy-Authorization (RFC 9110 §11.4): for Basic, the password in all but name.
// Cookies are left to be seen: they are what the book's section 2.2.4 is about.
func credentials(line []byte) dissect.Range {
	text := bytes.TrimRight(line, "\r\n")
	name, value, _ := bytes.Cut(text, []byte(":"))
	name = bytes.TrimSpace(name)
	if !bytes.EqualFold(name, []byte("Authorization")) && !bytes.EqualFold(name, []byte("Proxy-Authorization")) {
		return dissect.Range{}
	}
	scheme := bytes.TrimLeft(value, " \t")
	space := bytes.IndexAny(scheme, " \t")
	if space < 0 {
		return dissect.Range{}
	}
	at := len(text) - len(bytes.TrimLeft(scheme[space:], " \t"))
	return dissect.To(at, len(text))
}
