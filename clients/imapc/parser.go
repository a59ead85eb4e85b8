package imapc

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// parser reads one response after the other.
type parser struct {
	*bufio.Reader
	trace Trace
	line  []byte // what has been read of the line, for the trace
	left  int    // how many bytes the response may still have
}

// begin begins a response of at most so many bytes.
func (p *parser) begin(most int) { p.left = most }

func (p *parser) next() (byte, error) {
	b, err := p.ReadByte()
	if err != nil {
		return 0, err
	}
	if p.left--; p.left < 0 {
		return 0, fmt.Errorf("%w: a long response", ErrTooLarge)
	}
	if p.trace.Line == nil {
		return b, nil
	}
	if b != '\n' {
		p.line = append(p.line, b)
		return b, nil
	}
	p.trace.Line(false, strings.TrimSuffix(string(p.line), "\r"))
	p.line = p.line[:0]
	return b, nil
}

// peek is the next byte, which stays.
func (p *parser) peek() (byte, error) {
	b, err := p.Peek(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// skip reads b, which must come.
func (p *parser) skip(b byte) error {
	got, err := p.next()
	if err == nil && got != b {
		err = fmt.Errorf("%w: %q where %q is due", ErrProtocol, got, b)
	}
	return err
}

// end reads the end of a line.
func (p *parser) end() error {
	if b, err := p.peek(); err == nil && b == '\r' {
		_, _ = p.next()
	}
	return p.skip('\n')
}

// space reads the space before a further value; more is false at the line's end.
func (p *parser) space() (more bool, err error) {
	b, err := p.peek()
	if err != nil || b != ' ' {
		return false, err
	}
	_, err = p.next()
	return true, err
}

// word reads up to a space, a bracket or the line's end. In square brackets, as in
// BODY[HEADER.FIELDS (DATE)], there may be spaces.
func (p *parser) word() (string, error) {
	var word []byte
	for brackets := 0; ; {
		b, err := p.peek()
		if err != nil {
			return "", err
		}
		switch {
		case b == '\r' || b == '\n':
			return string(word), nil
		case brackets == 0 && (b == ' ' || b == '(' || b == ')' || b == '{' || b == '"'):
			return string(word), nil
		case b == '[':
			brackets++
		case b == ']':
			brackets = max(0, brackets-1)
		}
		if _, err := p.next(); err != nil {
			return "", err
		}
		word = append(word, b)
	}
}

// maxNesting is how deep lists may be: a message's parts have parts.
const maxNesting = 60

// value reads a value.
func (p *parser) value() (value, error) { return p.nested(0) }

func (p *parser) nested(depth int) (value, error) {
	if depth > maxNesting {
		return value{}, fmt.Errorf("%w: lists in lists", ErrTooLarge)
	}
	b, err := p.peek()
	if err != nil {
		return value{}, err
	}
	switch b {
	case '(':
		return p.list(depth)
	case '"':
		return p.quoted()
	case '{':
		return p.literal()
	}
	text, err := p.word()
	switch {
	case err != nil:
		return value{}, err
	case text == "":
		return value{}, fmt.Errorf("%w: %q where a value is due", ErrProtocol, b)
	case strings.EqualFold(text, "NIL"):
		return value{kind: null}, nil
	}
	return value{text: text}, nil
}

func (p *parser) list(depth int) (value, error) {
	v := value{kind: list}
	if err := p.skip('('); err != nil {
		return v, err
	}
	for {
		b, err := p.peek()
		if err != nil {
			return v, err
		}
		switch b {
		case ')':
			return v, p.skip(')')
		case ' ': // some servers leave it out between lists, some have two
			_, err = p.next()
		default:
			var item value
			item, err = p.nested(depth + 1)
			v.list = append(v.list, item)
		}
		if err != nil {
			return v, err
		}
	}
}

func (p *parser) quoted() (value, error) {
	v := value{kind: quoted}
	if err := p.skip('"'); err != nil {
		return v, err
	}
	var text []byte
	for {
		b, err := p.next()
		if err == nil && b == '\\' {
			b, err = p.next()
		} else if b == '"' {
			v.text = string(text)
			return v, err
		}
		if err == nil && (b == '\r' || b == '\n') {
			err = fmt.Errorf("%w: a string without an end", ErrProtocol)
		}
		if err != nil {
			return v, err
		}
		text = append(text, b)
	}
}

// literal reads a string that is announced by its length (RFC 3501 §4.3).
func (p *parser) literal() (value, error) {
	v := value{kind: quoted}
	size, err := p.size()
	if err != nil {
		return v, err
	}
	if size > int64(p.left) {
		return v, fmt.Errorf("%w: a string of %d bytes", ErrTooLarge, size)
	}
	p.left -= int(size)
	text, err := io.ReadAll(p.content(size))
	if err == nil && int64(len(text)) < size {
		err = io.ErrUnexpectedEOF
	}
	v.text = string(text)
	return v, err
}

// size reads {8} and the line's end behind it.
func (p *parser) size() (int64, error) {
	if err := p.skip('{'); err != nil {
		return 0, err
	}
	var digits []byte
	for {
		b, err := p.next()
		if err != nil {
			return 0, err
		}
		if b == '}' {
			break
		}
		if digits = append(digits, b); len(digits) > 18 {
			break
		}
	}
	size, err := strconv.ParseUint(string(digits), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%w: a string of %q bytes", ErrProtocol, digits)
	}
	return int64(size), p.end()
}

// content is the bytes of a literal.
func (p *parser) content(size int64) io.Reader {
	r := io.LimitReader(p.Reader, size)
	if p.trace.Text == nil {
		return r
	}
	return io.TeeReader(r, texts(func(b []byte) { p.trace.Text(false, b) }))
}

type texts func([]byte)

func (t texts) Write(b []byte) (int, error) { t(b); return len(b), nil }

// rest reads to the end of the line.
func (p *parser) rest() (string, error) {
	var text []byte
	for {
		b, err := p.next()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return strings.TrimSuffix(string(text), "\r"), nil
		}
		text = append(text, b)
	}
}

// pass reads to the end of a response that is of no interest.
func (p *parser) pass() error {
	for {
		line, err := p.rest()
		if err != nil {
			return err
		}
		_, digits, found := strings.Cut(line[max(0, strings.LastIndexByte(line, '{')):], "{")
		size, err := strconv.ParseUint(strings.TrimSuffix(digits, "}"), 10, 63)
		if !found || !strings.HasSuffix(line, "}") || err != nil {
			return nil
		}
		if int64(size) > int64(p.left) {
			return fmt.Errorf("%w: a string of %d bytes", ErrTooLarge, size)
		}
		p.left -= int(size)
		if _, err := io.Copy(io.Discard, p.content(int64(size))); err != nil {
			return err
		}
	}
}
