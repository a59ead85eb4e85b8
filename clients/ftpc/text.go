package ftpc

import (
	"bytes"
	"io"
)

// fromLines writes text that comes with CR LF at the end of each line, as it
// travels (RFC 959 §3.1.1.1), with LF alone, as it is kept here.
type fromLines struct {
	to io.Writer
	cr bool // the last byte was a CR, and is not written yet
}

func (f *fromLines) Write(b []byte) (int, error) {
	out := make([]byte, 0, len(b)+1)
	for _, c := range b {
		if f.cr && c != '\n' {
			out = append(out, '\r')
		}
		if f.cr = c == '\r'; !f.cr {
			out = append(out, c)
		}
	}
	if _, err := f.to.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// flush writes a CR that was the last byte of all.
func (f *fromLines) flush() error {
	if !f.cr {
		return nil
	}
	_, err := f.to.Write([]byte{'\r'})
	return err
}

// toLines reads text with LF, or CR LF, at the end of each line, as if all were CR
// LF.
type toLines struct {
	from    io.Reader
	pending bytes.Buffer
	last    byte
}

func (t *toLines) Read(b []byte) (int, error) {
	for t.pending.Len() == 0 {
		n, err := t.from.Read(b)
		for _, c := range b[:n] {
			if c == '\n' && t.last != '\r' {
				t.pending.WriteByte('\r')
			}
			t.pending.WriteByte(c)
			t.last = c
		}
		if err != nil && t.pending.Len() == 0 {
			return 0, err
		}
	}
	return t.pending.Read(b)
}
