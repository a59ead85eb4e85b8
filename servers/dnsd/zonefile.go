package dnsd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// ZoneError is what is wrong with a zone file, and where.
type ZoneError struct {
	File string
	Line int // counted from 1; 0 means the zone as a whole
	Err  error
}

func (e *ZoneError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

func (e *ZoneError) Unwrap() error { return e.Err }

// LoadZone reads the zone file of that name from fsys.
func LoadZone(fsys fs.FS, file, origin string) (*Zone, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ParseZone(f, file, origin)
}

// ParseZone reads a zone in the standard master file format (RFC 1035 §5) with
// $ORIGIN, $TTL and $GENERATE; $INCLUDE is refused. Relative names start out
// relative to origin, which is the zone's apex; when it is empty the file
// must set $ORIGIN, and the SOA's owner is the apex. file is for errors, which
// are of type *[ZoneError].
func ParseZone(r io.Reader, file, origin string) (*Zone, error) {
	text := &lines{in: bufio.NewReader(r)}
	if origin != "" {
		origin = dns.Fqdn(origin)
		if !isName(origin) {
			return nil, &ZoneError{File: file, Err: fmt.Errorf("%q is not a domain name", origin)}
		}
	}
	parser := dns.NewZoneParser(text, origin, "")
	content := &records{nodes: make(map[string]*node)}
	if origin != "" {
		content.apex = canonical(origin)
	}
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if content.apex == "" {
			if rr.Header().Rrtype != dns.TypeSOA {
				return nil, &ZoneError{file, text.line, errors.New("the first record must be the SOA")}
			}
			content.apex = canonical(rr.Header().Name)
		}
		if err := content.add(rr); err != nil {
			return nil, &ZoneError{file, text.line, err}
		}
	}
	if err := parser.Err(); err != nil {
		return nil, syntaxError(file, text.line, err)
	}
	if content.apex == "" {
		return nil, &ZoneError{File: file, Err: errors.New("no records")}
	}
	if err := content.check(); err != nil {
		return nil, &ZoneError{File: file, Err: err}
	}
	z := &Zone{name: content.apex}
	z.records.Store(content)
	return z, nil
}

// atLine is how the parser ends its errors.
var atLine = regexp.MustCompile(` at line: (\d+):\d+$`)

// syntaxError takes the line out of the parser's own words.
func syntaxError(file string, line int, err error) error {
	text := strings.TrimPrefix(err.Error(), "dns: ")
	if m := atLine.FindStringSubmatchIndex(text); m != nil {
		if n, err := strconv.Atoi(text[m[2]:m[3]]); err == nil && n > 0 {
			line = n
		}
		text = text[:m[0]]
	}
	return &ZoneError{file, line, errors.New(text)}
}

// lines counts them as they are read. The parser reads up to the end of each
// record's line and no further, so that the count is the record's line.
type lines struct {
	in       *bufio.Reader
	line     int
	finished bool // the line's end was read
}

func (l *lines) ReadByte() (byte, error) {
	b, err := l.in.ReadByte()
	if err == nil && (l.finished || l.line == 0) {
		l.line++
	}
	if err == nil {
		l.finished = b == '\n'
	}
	return b, err
}

func (l *lines) Read(p []byte) (int, error) {
	for i := range p {
		b, err := l.ReadByte()
		if err != nil {
			return i, err
		}
		p[i] = b
	}
	return len(p), nil
}
