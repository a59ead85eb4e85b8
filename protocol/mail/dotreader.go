package mail

import (
	"bufio"
	"bytes"
	"io"
)

// DotReader reads a text that ends in a line with a dot, and gives the message
// without the dots that were added. Its Read returns io.EOF at the text's end,
// and has then read no byte more; io.ErrUnexpectedEOF is that there was no such
// line. However long a line is, it needs no memory of its own.
type DotReader struct {
	r         *bufio.Reader
	state     dotState
	cr        bool // the last byte of the message so far is a CR
	irregular bool
	err       error
}

// dotState is how much of CR LF . CR LF has been seen.
type dotState int

const (
	atLine   dotState = iota // a line begins
	afterDot                 // it began with a dot
	afterCR                  // and that with a CR: ". CR"
	inLine
)

// NewDotReader returns a DotReader that reads from r. The text begins with r's
// next byte.
func NewDotReader(r *bufio.Reader) *DotReader { return &DotReader{r: r} }

// Irregular reports whether a CR or an LF has been read that is not part of a CR
// LF. RFC 5321 §2.3.8 forbids them; what is to be done about it is the caller's
// to decide.
func (d *DotReader) Irregular() bool { return d.irregular }

// Read reads a part of the message.
func (d *DotReader) Read(p []byte) (n int, err error) {
	for n == 0 && len(p) > 0 && d.err == nil {
		if d.state == inLine {
			n, d.err = d.readLine(p)
		} else {
			n, d.err = d.readStart(p)
		}
	}
	if n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, d.err
}

// readStart reads one byte at the beginning of a line. It gives none if that may
// be part of the end.
func (d *DotReader) readStart(p []byte) (int, error) {
	b, err := d.r.ReadByte()
	if err != nil {
		return 0, unexpected(err)
	}
	switch {
	case d.state == atLine && b == '.':
		d.state = afterDot
		return 0, nil
	case d.state == afterDot && b == '\r':
		d.state = afterCR
		return 0, nil
	case d.state == afterCR && b == '\n':
		return 0, io.EOF
	}
	// It is an ordinary line. The CR that was held back comes first, and the
	// byte after it later.
	d.r.UnreadByte()
	if d.state == afterCR {
		p[0] = '\r'
		d.state, d.cr = inLine, true
		return 1, nil
	}
	d.state, d.cr = inLine, false
	return 0, nil
}

// readLine reads what has come of a line, and of those behind it that do not
// begin with a dot.
func (d *DotReader) readLine(p []byte) (int, error) {
	if _, err := d.r.Peek(1); err != nil {
		return 0, unexpected(err)
	}
	come, _ := d.r.Peek(min(d.r.Buffered(), len(p)))
	n := 0
	for n < len(come) {
		i := bytes.IndexByte(come[n:], '\n')
		if i < 0 {
			d.look(come[n:])
			n = len(come)
			break
		}
		whole := d.look(come[n : n+i+1])
		n += i + 1
		if whole && (n == len(come) || come[n] == '.') {
			d.state = atLine
			break
		}
	}
	copy(p, come[:n])
	d.r.Discard(n)
	return n, nil
}

// look looks at a part of a line, in which an LF can only be last. It reports
// whether the part ends with CR LF.
func (d *DotReader) look(part []byte) bool {
	if d.cr && part[0] != '\n' {
		d.irregular = true
	}
	for rest := part; ; {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			break
		}
		rest = rest[i+1:]
		if len(rest) > 0 && rest[0] != '\n' {
			d.irregular = true
		}
	}
	last := len(part) - 1
	whole := part[last] == '\n' && (d.cr && last == 0 || last > 0 && part[last-1] == '\r')
	if part[last] == '\n' && !whole {
		d.irregular = true
	}
	d.cr = part[last] == '\r'
	return whole
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
