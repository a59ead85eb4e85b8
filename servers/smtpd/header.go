package smtpd

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// header is what a message begins with (RFC 5322 §2.2).
type header struct {
	text []byte // and the line that ends it, and what was read of the body
	hops int    // Received fields: how many servers it has passed
	date bool   // it has the fields Date and Message-ID
	id   bool
}

// maxHeader is how long a header may be, in octets.
const maxHeader = 256 << 10

// readHeader reads as far as the header goes. A message without a header begins
// with a line that is no field; such a line gets an empty one before it, so that
// what we write above does not swallow it.
func readHeader(text io.Reader) (*header, error) {
	h := &header{}
	lines := 0 // where the line begins that is looked at
	piece := make([]byte, 4<<10)
	for {
		n, err := text.Read(piece)
		h.text = append(h.text, piece[:n]...)
		for {
			i := bytes.IndexByte(h.text[lines:], '\n')
			if i < 0 {
				break
			}
			line := h.text[lines : lines+i+1]
			if len(bytes.TrimRight(line, "\r\n")) == 0 {
				return h, nil
			}
			if !h.field(line, lines > 0) {
				h.text = bytes.Join([][]byte{h.text[:lines], h.text[lines:]}, []byte("\r\n"))
				return h, nil
			}
			lines += i + 1
		}
		switch {
		case err == io.EOF: // nothing but a header
			h.text = append(h.text, "\r\n"...)
			return h, nil
		case err != nil:
			return nil, err
		case len(h.text) > maxHeader:
			return nil, refusal(552, 5, 3, 4, "the header is too long")
		}
	}
}

// field looks at a line of the header. It reports whether it can be one.
func (h *header) field(line []byte, notFirst bool) bool {
	if line[0] == ' ' || line[0] == '\t' {
		return notFirst // the field above goes on
	}
	name, _, found := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !found || len(name) == 0 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	switch {
	case bytes.EqualFold(name, []byte("Received")):
		h.hops++
	case bytes.EqualFold(name, []byte("Date")):
		h.date = true
	case bytes.EqualFold(name, []byte("Message-ID")):
		h.id = true
	}
	return true
}

// complete adds what a message must have and the user's program has left out
// (RFC 6409 §8). Only the server of submission may do so.
func (h *header) complete(now time.Time, id, host string) {
	var missing []byte
	if !h.date {
		missing = fmt.Appendf(missing, "Date: %s\r\n", now.Format(time.RFC1123Z))
	}
	if !h.id {
		missing = fmt.Appendf(missing, "Message-ID: <%s@%s>\r\n", id, host)
	}
	h.text = append(missing, h.text...)
}
