package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Head is what stands before a message's body: the start line, without its
// CRLF, and the field lines. A Head may be read into again and again; its
// strings stay good, its Fields are overwritten.
type Head struct {
	Start  string
	Fields Fields

	text []byte // the head as it came
	ends []int  // where in text each line ends, after its LF
}

// Rules say how much of a head is read, and how strictly.
type Rules struct {
	MaxStart  int // longest start line, in bytes
	MaxFields int // all field lines together, in bytes
	MaxCount  int // how many field lines

	// Lenient reads as a client may: a bare LF ends a line (RFC 9112 §2.2),
	// and a folded line is put together again (§5.2). A server that did so
	// might see another message than the proxy before it.
	Lenient bool
}

var (
	// ErrStartTooLong is a start line over Rules.MaxStart.
	ErrStartTooLong = errors.New("http1: start line too long")

	// ErrFieldsTooLarge is a field section over Rules.MaxFields or MaxCount.
	ErrFieldsTooLarge = errors.New("http1: header fields too large")
)

// SyntaxError is a message that breaks the grammar; the text says how.
type SyntaxError string

func (e SyntaxError) Error() string { return "http1: " + string(e) }

// Read reads a head, to the empty line at its end (RFC 9112 §2.1). One empty
// line before the start line is skipped (§2.2). The error is io.EOF when there
// was nothing at all, io.ErrUnexpectedEOF when the head broke off, one of the
// errors above, or the reader's own.
func (h *Head) Read(r *bufio.Reader, rules Rules) error {
	h.reset()
	if err := h.readStart(r, rules); err != nil {
		return err
	}
	if err := h.readFieldLines(r, rules); err != nil {
		return err
	}
	return h.parse(true, rules)
}

// readTrailer reads the fields behind a chunked body (RFC 9112 §7.1.2).
func (h *Head) readTrailer(r *bufio.Reader, rules Rules) error {
	h.reset()
	if err := h.readFieldLines(r, rules); err != nil {
		return unexpected(err)
	}
	return h.parse(false, rules)
}

func (h *Head) reset() {
	h.Start = ""
	h.Fields = h.Fields[:0]
	h.text = h.text[:0]
	h.ends = h.ends[:0]
}

func (h *Head) readStart(r *bufio.Reader, rules Rules) error {
	for range 2 {
		h.reset()
		err := h.readLine(r, rules.MaxStart+len("\r\n"), ErrStartTooLong)
		if err == io.EOF && len(h.text) > 0 {
			return io.ErrUnexpectedEOF
		}
		if err != nil || !isEmptyLine(h.text) {
			return err
		}
	}
	return SyntaxError("empty line in place of the start line")
}

// readFieldLines reads lines up to the empty one.
func (h *Head) readFieldLines(r *bufio.Reader, rules Rules) error {
	begin := len(h.text)
	for count := 0; ; count++ {
		line := len(h.text)
		left := rules.MaxFields - (line - begin) + len("\r\n")
		if err := h.readLine(r, left, ErrFieldsTooLarge); err != nil {
			return unexpected(err)
		}
		if isEmptyLine(h.text[line:]) {
			return nil
		}
		if count == rules.MaxCount {
			return ErrFieldsTooLarge
		}
	}
}

// readLine appends a line and its end to the text, if it has no more than max
// bytes. What has come of a line that breaks off is in the text, too.
func (h *Head) readLine(r *bufio.Reader, max int, tooLong error) error {
	for {
		part, err := r.ReadSlice('\n')
		if max -= len(part); max < 0 {
			return tooLong
		}
		h.text = append(h.text, part...)
		if err == nil {
			h.ends = append(h.ends, len(h.text))
			return nil
		}
		if err != bufio.ErrBufferFull {
			return err
		}
	}
}

// parse cuts the text into lines and the lines into fields. There is one copy
// of the text, and all strings are parts of it.
func (h *Head) parse(hasStart bool, rules Rules) error {
	text, begin := string(h.text), 0
	for i, end := range h.ends {
		line, err := trimEnd(text[begin:end], rules.Lenient)
		if err != nil {
			return err
		}
		begin = end
		switch {
		case i == 0 && hasStart:
			h.Start = line
		case line == "":
			return nil
		case line[0] == ' ' || line[0] == '\t':
			if err := h.unfold(line, rules.Lenient); err != nil {
				return err
			}
		default:
			field, err := parseField(line)
			if err != nil {
				return err
			}
			h.Fields = append(h.Fields, field)
		}
	}
	return nil
}

// unfold joins a folded line to the field before it (RFC 9112 §5.2).
func (h *Head) unfold(line string, lenient bool) error {
	if !lenient || len(h.Fields) == 0 {
		return SyntaxError("line begins with white space")
	}
	more := trimSpace(line)
	if !ValidValue(more) {
		return SyntaxError("control character in a field value")
	}
	last := &h.Fields[len(h.Fields)-1]
	last.Value = trimSpace(last.Value + " " + more)
	return nil
}

// trimEnd removes a line's CRLF. A CR elsewhere is refused: some take it for
// the end of a line (RFC 9112 §2.2).
func trimEnd(line string, lenient bool) (string, error) {
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	} else if !lenient {
		return "", SyntaxError("line ends with a bare LF")
	}
	if strings.IndexByte(line, '\r') >= 0 {
		return "", SyntaxError("bare CR in a line")
	}
	return line, nil
}

func isEmptyLine(line []byte) bool {
	return bytes.Equal(line, []byte("\r\n")) || bytes.Equal(line, []byte("\n"))
}

// unexpected is for reads in the middle of a message.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
