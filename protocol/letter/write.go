package letter

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
)

// Letter is a message to be written.
type Letter struct {
	From    *mail.Address
	To, Cc  []*mail.Address // blind copies are the envelope's affair alone
	Subject string
	Date    time.Time
	ID      string // of the message, without angle brackets; see NewID

	Text  string // in UTF-8
	Files []File
}

// File goes with a letter.
type File struct {
	Name    string
	Type    string // "image/png"; "application/octet-stream"
	Inline  bool   // to be shown with the text (RFC 2183 §2.1), not beside it
	Content io.Reader
}

// ErrHeader is what cannot be put into a header.
var ErrHeader = errors.New("not for a header")

// NewID is an identifier that no other message has, at the host or domain of its
// sender (RFC 5322 §3.6.4).
func NewID(domain string) string { return strings.ToLower(rand.Text()) + "@" + domain }

// Write writes the letter, with lines that end in CR LF. Its lines are of ASCII and
// not long, so that every server can take it, unless an address is not ASCII.
func (l *Letter) Write(w io.Writer) error {
	if err := l.check(); err != nil {
		return err
	}
	out := &lines{Writer: w}
	if err := l.writeParts(l.envelop(out)); err != nil {
		return err
	}
	return out.close()
}

// writeParts writes the text, and the files behind it if there are any.
func (l *Letter) writeParts(at place) error {
	if len(l.Files) == 0 {
		return l.writeText(at)
	}
	var header message.Header
	header.AddRaw([]byte(field("Content-Type", "multipart/mixed; boundary="+strings.ToLower(rand.Text()))))
	parts, err := at(header)
	if err != nil {
		return err
	}
	if err := l.writeText(parts.CreatePart); err != nil {
		return err
	}
	for _, f := range l.Files {
		if err := f.write(parts.CreatePart); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return parts.Close()
}

// place makes a part: one of several, or the whole of a message.
type place func(message.Header) (*message.Writer, error)

// envelop is the place of the whole: above the part's own header stands the
// letter's.
func (l *Letter) envelop(w io.Writer) place {
	return func(h message.Header) (*message.Writer, error) {
		for _, f := range []struct{ name, value string }{ // the last is put on top
			{"MIME-Version", "1.0"},
			{"Message-ID", "<" + l.ID + ">"},
			{"Date", l.Date.Format(time.RFC1123Z)},
			{"Subject", unstructured(l.Subject)},
			{"Cc", addresses(l.Cc)},
			{"To", addresses(l.To)},
			{"From", addresses([]*mail.Address{l.From})},
		} {
			if f.value != "" {
				h.AddRaw([]byte(field(f.name, f.value)))
			}
		}
		return message.CreateWriter(w, h)
	}
}

func (l *Letter) check() error {
	if l.From == nil || l.Date.IsZero() || l.ID == "" {
		return fmt.Errorf("%w: a letter needs a sender, a date and an identifier", ErrHeader)
	}
	texts := []string{l.Subject, l.ID, l.From.Name, l.From.Address}
	for _, to := range append(l.To[:len(l.To):len(l.To)], l.Cc...) {
		texts = append(texts, to.Name, to.Address)
	}
	for _, f := range l.Files {
		texts = append(texts, f.Name, f.Type)
	}
	for _, text := range texts {
		if strings.ContainsAny(text, "\r\n\x00") || !utf8.ValidString(text) {
			return fmt.Errorf("%w: %q", ErrHeader, text)
		}
	}
	if !utf8.ValidString(l.Text) {
		return errors.New("the text is not UTF-8: send it as a file")
	}
	return nil
}

func (l *Letter) writeText(at place) error {
	text := l.Text
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	encoding := encodingOf(text)
	var header message.Header
	header.AddRaw([]byte(field("Content-Transfer-Encoding", encoding)))
	header.AddRaw([]byte(field("Content-Type", "text/plain; charset=utf-8")))
	if encoding != "quoted-printable" { // whose writer does this itself
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	}
	return write(at, header, strings.NewReader(text))
}

// encodingOf chooses how a text becomes lines of ASCII (RFC 2045 §6): as it is, if
// it may; with =XX for a few characters that are not ASCII; and in base64, if these
// are many and could not be read anyway.
func encodingOf(text string) string {
	ascii := asciiBytes(text)
	long := false
	for line := range strings.Lines(text) {
		long = long || len(line) > lineMust
	}
	switch {
	case len(text)-ascii > len(text)/4 || strings.ContainsAny(text, "\x00"):
		return "base64"
	case ascii < len(text) || long || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r"):
		return "quoted-printable"
	}
	return "7bit"
}

func (f File) write(at place) error {
	kind := cmp.Or(f.Type, "application/octet-stream")
	if strings.HasPrefix(kind, "message/") || strings.HasPrefix(kind, "multipart/") {
		kind = "application/octet-stream" // those must not be in base64 (RFC 2045 §6.4)
	}
	disposition := "attachment"
	var header message.Header
	if f.Inline {
		disposition = "inline"
		header.AddRaw([]byte(field("Content-ID", "<"+NewID("inline")+">")))
	}
	// A name that is not ASCII is written as RFC 2231 has it.
	header.AddRaw([]byte(field("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))))
	header.AddRaw([]byte(field("Content-Transfer-Encoding", "base64")))
	header.AddRaw([]byte(field("Content-Type", kind)))
	return write(at, header, f.Content)
}

func write(at place, header message.Header, content io.Reader) error {
	part, err := at(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, content); err != nil {
		return err
	}
	return part.Close()
}

// lines ends the last line, which base64 leaves open.
type lines struct {
	io.Writer
	last byte
}

func (l *lines) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.last = p[len(p)-1]
	}
	return l.Writer.Write(p)
}

func (l *lines) close() error {
	if l.last == '\n' {
		return nil
	}
	_, err := io.WriteString(l, "\r\n")
	return err
}
