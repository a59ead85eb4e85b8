package imapd

import (
	"bytes"
	"mime"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// header is the fields at the beginning of a message or of a part (RFC 5322 §2.2).
type header struct {
	fields []field
}

// field is one field as it is written: with its continuation lines and line ends.
type field struct {
	name string
	raw  []byte
}

// add takes the next line of a header. A line that is neither a field's first nor
// its continuation belongs to no field; it is passed over.
func (h *header) add(line []byte) {
	if line[0] == ' ' || line[0] == '\t' {
		if n := len(h.fields); n > 0 {
			h.fields[n-1].raw = append(h.fields[n-1].raw, line...)
		}
		return
	}
	name, _, found := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !found || len(name) == 0 || bytes.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return
	}
	h.fields = append(h.fields, field{string(name), bytes.Clone(line)})
}

// values are what the fields of a name say, unfolded.
func (h *header) values(name string) []string {
	var all []string
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			all = append(all, f.value())
		}
	}
	return all
}

// get is what the first field of a name says.
func (h *header) get(name string) string {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return f.value()
		}
	}
	return ""
}

func (f *field) value() string {
	_, value, _ := bytes.Cut(f.raw, []byte(":"))
	return strings.TrimSpace(unfold.Replace(string(value)))
}

var unfold = strings.NewReplacer("\r\n", "", "\n", "", "\r", "", "\x00", "")

// contentType is the media type and its parameters (RFC 2045 §5). What cannot be
// read is taken for plain text (§5.2).
func (h *header) contentType(otherwise string) (mediaType string, params map[string]string) {
	mediaType, params = mediaOf(h.get("Content-Type"))
	kind, sub, ok := strings.Cut(mediaType, "/")
	if !ok || kind == "" || sub == "" {
		return otherwise, nil
	}
	return mediaType, params
}

// mediaOf reads a value with parameters; "" is that it makes no sense.
func mediaOf(value string) (string, map[string]string) {
	word, params, err := mime.ParseMediaType(value)
	if err != nil && err != mime.ErrInvalidMediaParameter {
		return "", nil
	}
	return word, params
}

// encoding is the transfer encoding, in small letters (RFC 2045 §6).
func (h *header) encoding() string {
	if e := strings.ToLower(h.get("Content-Transfer-Encoding")); e != "" {
		return e
	}
	return "7bit"
}

// only is the header with some fields, or without them, and the empty line that
// ends it (RFC 9051 §6.4.5.1, HEADER.FIELDS).
func (h *header) only(names []string, without bool) []byte {
	var text []byte
	for _, f := range h.fields {
		named := false
		for _, name := range names {
			named = named || strings.EqualFold(f.name, name)
		}
		if named != without {
			text = append(text, f.raw...)
			if !bytes.HasSuffix(f.raw, []byte("\n")) { // the message ends here
				text = append(text, "\r\n"...)
			}
		}
	}
	return append(text, "\r\n"...)
}

// parsed is the header as go-message has it, which reads addresses and dates.
func (h *header) parsed() textproto.Header {
	var p textproto.Header
	for i := len(h.fields) - 1; i >= 0; i-- { // AddRaw puts a field before the others
		p.AddRaw(h.fields[i].raw)
	}
	return p
}
