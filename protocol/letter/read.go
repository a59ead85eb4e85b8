package letter

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // GBK, Big5, ISO 8859 and the others
)

// Header is what a reader wants to know of a message first. Texts are in UTF-8, as
// far as the sender has encoded them well. Nobody has checked that they are true.
type Header struct {
	From, To, Cc string // names and addresses, as they are to be shown
	Subject      string
	Date         time.Time // zero: there is none that can be read
	ID           string    // without angle brackets
}

// Part is one that has no parts itself.
type Part struct {
	Section  string // its number: "1", "2.1"
	Type     string // "text/plain", in small letters
	Charset  string // of a text
	Encoding string // "base64"; "" is none
	Name     string // the file's, as the sender says: not to be trusted; or ""
	Attached bool   // beside the text, and no part of it
}

// IsText reports whether the part is to be read, and not to be saved.
func (p Part) IsText() bool { return p.Type == "text/plain" && !p.Attached }

// Limits of what is read. A message has parts so deep and so many because somebody
// wants to see what happens.
const (
	maxHeader = 1 << 20
	maxDepth  = 20
	maxParts  = 1000
)

// ErrTooMany is a message with more parts than are read.
var ErrTooMany = errors.New("the message has too many parts")

// ReadHeader reads the header of a message from r.
func ReadHeader(r io.Reader) (Header, error) {
	e, err := read(r)
	if err != nil {
		return Header{}, err
	}
	return headerOf(e.Header), nil
}

// Read reads a message from r, and calls each for every part, with its content: of
// a text the characters in UTF-8, of a file the bytes. It reads no further when each
// fails, and returns its error. The header is good even if a part is not.
func Read(r io.Reader, each func(Part, io.Reader) error) (Header, error) {
	e, err := read(r)
	if err != nil {
		return Header{}, err
	}
	w := walk{each: each}
	return headerOf(e.Header), w.entity(e, "", 0)
}

func read(r io.Reader) (*message.Entity, error) {
	e, err := message.ReadWithOptions(r, &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if err = known(err); err != nil {
		return nil, fmt.Errorf("that is not a message: %w", err)
	}
	return e, nil
}

// known leaves out that an encoding or a charset is not known: what is in it is
// given as it came.
func known(err error) error {
	if message.IsUnknownCharset(err) || message.IsUnknownEncoding(err) {
		return nil
	}
	return err
}

func headerOf(h message.Header) Header {
	text := func(name string) string {
		value, _ := h.Text(name) // as it is, if it cannot be decoded
		return value
	}
	date, _ := mail.ParseDate(h.Get("Date"))
	return Header{
		From: people(text("From")), To: people(text("To")), Cc: people(text("Cc")), Subject: text("Subject"), Date: date,
		ID: strings.Trim(strings.TrimSpace(h.Get("Message-Id")), "<>"),
	}
}

// people are addresses as they are to be shown: without the quotation marks that
// names need in a header.
func people(list string) string { return strings.ReplaceAll(list, `"`, "") }

// walk goes through the parts of a message.
type walk struct {
	each func(Part, io.Reader) error
	seen int
}

func (w *walk) entity(e *message.Entity, section string, depth int) error {
	if w.seen++; w.seen > maxParts || depth > maxDepth {
		return ErrTooMany
	}
	part := partOf(e.Header)
	_, parameters, err := e.Header.ContentType()
	if boundary := parameters["boundary"]; err == nil && strings.HasPrefix(part.Type, "multipart/") && boundary != "" {
		return w.parts(multipart.NewReader(e.Body, boundary), section, depth)
	}
	if part.Section = section; section == "" {
		part.Section = "1"
	}
	return w.each(part, e.Body)
}

// parts goes through the parts of one part.
func (w *walk) parts(r *multipart.Reader, section string, depth int) error {
	if section != "" {
		section += "."
	}
	for number := 1; ; number++ {
		raw, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("part %s%d: %w", section, number, err)
		}
		e, err := message.New(message.HeaderFromMap(raw.Header), raw)
		if err = known(err); err != nil {
			return fmt.Errorf("part %s%d: %w", section, number, err)
		}
		if err := w.entity(e, fmt.Sprint(section, number), depth+1); err != nil {
			return err
		}
	}
}

func partOf(h message.Header) Part {
	kind, parameters, err := h.ContentType()
	if err != nil {
		kind, _, _ = strings.Cut(kind, ";")
	}
	if !strings.Contains(kind, "/") {
		kind = "text/plain" // RFC 2045 §5.2
	}
	disposition, more, _ := h.ContentDisposition()
	return NewPart("", kind, h.Get("Content-Transfer-Encoding"), parameters, disposition, more)
}

// NewPart describes a part by its type, with the parameters of that, and its
// disposition, with those of that; IMAP's BODYSTRUCTURE tells all of these.
func NewPart(section, kind, encoding string, parameters map[string]string, disposition string, more map[string]string) Part {
	p := Part{
		Section: section, Type: strings.ToLower(kind), Charset: parameters["charset"], Encoding: strings.ToLower(strings.TrimSpace(encoding)),
		Attached: strings.EqualFold(disposition, "attachment"),
	}
	for _, name := range []string{more["filename"], parameters["name"]} {
		if name = decodeWords(name); name != "" {
			p.Name = name
			break
		}
	}
	if p.Name != "" {
		p.Attached = true
	}
	return p
}

// decodeWords decodes a parameter. Encoded-words are not allowed there (RFC 2047
// §5), and come all the same.
func decodeWords(text string) string {
	decoder := mime.WordDecoder{CharsetReader: message.CharsetReader}
	if decoded, err := decoder.DecodeHeader(text); err == nil {
		return decoded
	}
	return text
}

// Decode is the content of a part of which the lines are read from r.
func Decode(p Part, r io.Reader) io.Reader {
	var h message.Header
	h.Set("Content-Transfer-Encoding", p.Encoding)
	if p.Charset != "" {
		h.SetContentType(p.Type, map[string]string{"charset": p.Charset})
	} else {
		h.SetContentType(p.Type, nil)
	}
	e, _ := message.New(h, r)
	return e.Body
}
