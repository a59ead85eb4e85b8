package imapd

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// words decodes encoded words of any charset that is known.
var words = mime.WordDecoder{CharsetReader: charset.Reader}

func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	if plain, err := words.DecodeHeader(s); err == nil {
		return plain
	}
	return s
}

// readable is the whole header as one sees it, in small letters.
func (h *header) readable() string {
	var b strings.Builder
	for _, f := range h.fields {
		b.WriteString(f.name + ": " + decodeWords(f.value()) + "\n")
	}
	return strings.ToLower(b.String())
}

// contains says whether each of the words is somewhere in the message's texts:
// those of its parts, with the transfer encoding and the charset undone, and the
// headers of messages in it.
func (l *letter) contains(wanted []string) (bool, error) {
	s := newSeeker(wanted)
	if s.done() {
		return true, nil
	}
	root, err := l.structure()
	if err != nil {
		return false, err
	}
	err = l.seek(s, root)
	return s.done(), err
}

func (l *letter) seek(s *seeker, p *part) error {
	for _, child := range p.children {
		if p.isMessage() {
			s.look(strings.NewReader(child.header.readable()))
		}
		if err := l.seek(s, child); err != nil || s.done() {
			return err
		}
	}
	if len(p.children) > 0 || !strings.HasPrefix(p.mediaType, "text/") {
		return nil
	}
	return l.read(func(r io.Reader) error {
		if _, err := io.CopyN(io.Discard, r, p.body); err != nil {
			return err
		}
		err := s.look(p.decoded(io.LimitReader(r, p.end-p.body)))
		var unreadable *fs.PathError
		if errors.As(err, &unreadable) {
			return err
		}
		return nil // or else the encoding is broken; what could be read was
	})
}

// decoded is a part's text as one reads it.
func (p *part) decoded(r io.Reader) io.Reader {
	switch p.header.encoding() {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r) // it passes over line ends
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	name := p.params["charset"]
	if name == "" || strings.EqualFold(name, "utf-8") || strings.EqualFold(name, "us-ascii") {
		return r
	}
	if decoded, err := charset.Reader(name, r); err == nil {
		return decoded
	}
	return r
}

// seeker looks for several words in a stream, large and small letters alike. It
// never has more than a piece of the stream in memory.
type seeker struct {
	wanted  [][]byte // those that were not found yet
	longest int
}

func newSeeker(wanted []string) *seeker {
	s := &seeker{}
	for _, w := range wanted {
		if w != "" {
			s.wanted = append(s.wanted, bytes.ToLower([]byte(w)))
			s.longest = max(s.longest, len(s.wanted[len(s.wanted)-1]))
		}
	}
	return s
}

func (s *seeker) done() bool { return len(s.wanted) == 0 }

// look reads a stream to its end, or until all is found.
func (s *seeker) look(r io.Reader) error {
	piece := make([]byte, 32<<10)
	var window []byte // in small letters: the end of what was looked at, and what is new
	have := 0         // octets in piece that wait for the rest of their character
	for !s.done() {
		n, err := r.Read(piece[have:])
		have += n
		whole := have
		if err == nil {
			whole = wholeRunes(piece[:have])
		}
		window = append(window, bytes.ToLower(piece[:whole])...)
		have = copy(piece, piece[whole:have])
		s.find(window)
		if keep := s.longest - 1; len(window) > keep {
			window = window[:copy(window, window[len(window)-keep:])]
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *seeker) find(window []byte) {
	left := s.wanted[:0]
	for _, w := range s.wanted {
		if !bytes.Contains(window, w) {
			left = append(left, w)
		}
	}
	s.wanted = left
}

// wholeRunes is the length without a character that is cut off at the end.
func wholeRunes(b []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return len(b) - i
			}
			break
		}
	}
	return len(b)
}
