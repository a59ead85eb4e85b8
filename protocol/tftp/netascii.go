package tftp

import (
	"bufio"
	"io"
)

// In netascii (RFC 1350 §1, after RFC 764) a line ends in CR LF, and a CR that
// ends no line is followed by NUL. Files here have lines that end in LF.

// ToNetascii returns the text that r holds, as netascii.
func ToNetascii(r io.Reader) io.Reader { return &encoder{in: bufio.NewReader(r)} }

type encoder struct {
	in     *bufio.Reader
	second byte // of a pair of which the first byte is written
	paired bool
}

func (e *encoder) Read(b []byte) (int, error) {
	for n := range b {
		c, err := e.next()
		if err != nil {
			if n > 0 {
				err = nil // it will come again
			}
			return n, err
		}
		b[n] = c
	}
	return len(b), nil
}

func (e *encoder) next() (byte, error) {
	if e.paired {
		e.paired = false
		return e.second, nil
	}
	c, err := e.in.ReadByte()
	switch {
	case err != nil:
		return 0, err
	case c == '\n':
		e.second, e.paired = '\n', true
		return '\r', nil
	case c == '\r':
		e.second, e.paired = 0, true
	}
	return c, nil
}

// FromNetascii returns a File that writes to file the text that netascii
// written to it means.
func FromNetascii(file File) File { return &decoder{file: file} }

type decoder struct {
	file File
	cr   bool // the last byte was a CR: what it means, the next one tells
	out  []byte
}

func (d *decoder) Write(b []byte) (int, error) {
	d.out = d.out[:0]
	for _, c := range b {
		if d.cr {
			d.cr = false
			switch c {
			case '\n', 0:
				if c == 0 {
					c = '\r'
				}
				d.out = append(d.out, c)
				continue
			}
			d.out = append(d.out, '\r') // it ought not to be here, but it is
		}
		if d.cr = c == '\r'; !d.cr {
			d.out = append(d.out, c)
		}
	}
	if _, err := d.file.Write(d.out); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (d *decoder) Commit() error {
	if d.cr {
		if _, err := d.file.Write([]byte{'\r'}); err != nil {
			return err
		}
	}
	return d.file.Commit()
}
