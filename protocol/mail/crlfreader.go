package mail

import (
	"bufio"
	"bytes"
	"io"
)

// CRLFReader reads a message with every line ended by CR LF, also the last: as
// it travels, and as its size is counted (RFC 1939 §11). A CR alone is text.
type CRLFReader struct {
	r    *bufio.Reader
	last byte // what was given last; '\n' when a line begins
}

// NewCRLFReader returns a CRLFReader that reads a message from r, up to r's end.
func NewCRLFReader(r io.Reader) *CRLFReader {
	return &CRLFReader{r: bufio.NewReader(r), last: '\n'}
}

// Read reads a part of the message.
func (c *CRLFReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if _, err := c.r.Peek(1); err == io.EOF && c.last != '\n' {
		return c.give(p, c.endOfLine()), nil
	} else if err != nil {
		return 0, err
	}
	come, _ := c.r.Peek(min(c.r.Buffered(), len(p)))
	n := 0
	for n < len(come) {
		i := bytes.IndexByte(come[n:], '\n')
		if i < 0 {
			n = len(come)
			break
		}
		before := c.last
		if n+i > 0 {
			before = come[n+i-1]
		}
		n += i
		if before != '\r' {
			break
		}
		n++
	}
	if n == 0 { // an LF alone is first
		return c.give(p, '\r'), nil
	}
	copy(p, come[:n])
	c.last = come[n-1]
	c.r.Discard(n)
	return n, nil
}

func (c *CRLFReader) endOfLine() byte {
	if c.last == '\r' {
		return '\n'
	}
	return '\r'
}

func (c *CRLFReader) give(p []byte, b byte) int {
	p[0], c.last = b, b
	return 1
}
