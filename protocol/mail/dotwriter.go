package mail

import (
	"bufio"
	"bytes"
)

// DotWriter writes a message as a text that ends in a line with a dot. A
// message whose lines end in CR LF is sent as it is, but for the dots. An LF
// alone, with which other systems end lines, becomes CR LF.
type DotWriter struct {
	w    *bufio.Writer
	last byte // what was written last; '\n' when a line begins
}

// NewDotWriter returns a DotWriter that writes to w, which the caller flushes.
func NewDotWriter(w *bufio.Writer) *DotWriter { return &DotWriter{w: w, last: '\n'} }

// Write writes a part of the message. A bufio.Writer that has failed once fails
// always, so only its last error is looked at.
func (d *DotWriter) Write(p []byte) (int, error) {
	sent := 0
	for i := 0; i < len(p); {
		if d.last == '\n' && p[i] == '.' {
			d.w.Write(p[sent:i])
			d.w.WriteByte('.')
			sent = i
		}
		n := bytes.IndexByte(p[i:], '\n')
		if n < 0 {
			d.last = p[len(p)-1]
			break
		}
		if n > 0 {
			d.last = p[i+n-1]
		}
		if d.last != '\r' {
			d.w.Write(p[sent : i+n])
			d.w.WriteByte('\r')
			sent = i + n
		}
		d.last = '\n'
		i += n + 1
	}
	if _, err := d.w.Write(p[sent:]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends the text, and first the message's last line if that has no end.
func (d *DotWriter) Close() error {
	switch d.last {
	case '\n':
	case '\r':
		d.w.WriteByte('\n')
	default:
		d.w.WriteString("\r\n")
	}
	_, err := d.w.WriteString(".\r\n")
	return err
}
