package http1

import (
	"bufio"
	"io"
	"strings"
)

// Chunked is the content of a chunked body (RFC 9112 §7.1):
//
//	5\r\n          the length of a chunk, in hexadecimal
//	Hello\r\n      the chunk
//	0\r\n          the last chunk
//	\r\n           the end of the trailer section
//
// Its Read returns io.EOF after the whole body, trailer included, has been
// read. Chunk extensions are passed over.
type Chunked struct {
	r       *bufio.Reader
	rules   Rules
	left    int64 // of the chunk that is being read
	framing int   // bytes of framing that may still come
	begun   bool
	trailer Head
	err     error
}

const (
	// maxChunkLine is the longest line with a chunk's length.
	maxChunkLine = 256

	// freeFraming and framingShare limit what a sender may spend on chunk
	// lines: many tiny chunks with long extensions would keep the reader busy
	// for nothing.
	freeFraming  = 16 << 10
	framingShare = 16 // bytes of framing for each byte of content
)

// NewChunked returns the content of the chunked body that r is at. The rules
// are for the trailer.
func NewChunked(r *bufio.Reader, rules Rules) *Chunked {
	return &Chunked{r: r, rules: rules, framing: freeFraming}
}

// Trailer is the fields that came after the last chunk, once Read has returned
// io.EOF.
func (c *Chunked) Trailer() Fields { return c.trailer.Fields }

func (c *Chunked) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.left == 0 && c.err == nil {
		c.err = c.nextChunk()
	}
	if c.err != nil {
		return 0, c.err
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	c.framing += n * framingShare
	c.err = unexpected(err)
	return n, c.err
}

// nextChunk goes to the content of the next chunk; io.EOF says that there is
// none.
func (c *Chunked) nextChunk() error {
	if c.begun {
		if err := c.endChunk(); err != nil {
			return err
		}
	}
	c.begun = true
	line, err := c.chunkLine()
	if err != nil {
		return err
	}
	if c.left, err = parseChunkLine(line); err != nil {
		return err
	}
	if c.left > 0 {
		return nil
	}
	if err := c.trailer.readTrailer(c.r, c.rules); err != nil {
		return err
	}
	return io.EOF
}

// endChunk reads the CRLF behind a chunk's content.
func (c *Chunked) endChunk() error {
	for _, want := range []byte("\r\n") {
		got, err := c.r.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		if got == '\n' && want == '\r' && c.rules.Lenient {
			return nil
		}
		if got != want {
			return SyntaxError("chunk is longer than it said")
		}
	}
	return nil
}

func (c *Chunked) chunkLine() (string, error) {
	var line Head
	err := line.readLine(c.r, maxChunkLine, SyntaxError("chunk line too long"))
	if err != nil {
		return "", unexpected(err)
	}
	if c.framing -= len(line.text); c.framing < 0 {
		return "", SyntaxError("more chunk framing than content")
	}
	return trimEnd(string(line.text), c.rules.Lenient)
}

// parseChunkLine reads `1*HEXDIG [ chunk-ext ]`.
func parseChunkLine(line string) (int64, error) {
	size, extensions, extended := strings.Cut(line, ";")
	if extended {
		size = strings.TrimRight(size, " \t")
	}
	if !ValidValue(extensions) {
		return 0, SyntaxError("control character in a chunk extension")
	}
	const maxDigits = 15 // all below 2^63
	if size == "" || len(size) > maxDigits {
		return 0, SyntaxError("chunk length is not a sensible number")
	}
	var n int64
	for i := range len(size) {
		digit := strings.IndexByte("0123456789abcdef", lower(size[i]))
		if digit < 0 {
			return 0, SyntaxError("chunk length is not a hexadecimal number")
		}
		n = n<<4 + int64(digit)
	}
	return n, nil
}
