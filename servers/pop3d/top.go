package pop3d

import (
	"bytes"
	"io"
)

// top reads a message's header, the empty line behind it, and the first lines of
// its body. Lines may be of any length.
type top struct {
	r     io.Reader
	lines int  // of the body that are still to come
	body  bool // the header has been read
	empty bool // nothing, or a CR, has come of this line
	done  bool
}

func newTop(r io.Reader, lines int) *top { return &top{r: r, lines: lines, empty: true} }

func (t *top) Read(p []byte) (int, error) {
	if t.done {
		return 0, io.EOF
	}
	n, err := t.r.Read(p)
	read := 0
	for !t.done && read < n {
		i := bytes.IndexByte(p[read:n], '\n')
		if i < 0 {
			t.empty = t.empty && blank(p[read:n])
			return n, err
		}
		t.endLine(t.empty && blank(p[read:read+i]))
		read += i + 1
	}
	if t.done {
		return read, nil
	}
	return n, err
}

// blank says whether a part of a line is nothing but CR.
func blank(b []byte) bool { return len(bytes.Trim(b, "\r")) == 0 }

func (t *top) endLine(empty bool) {
	switch {
	case t.body:
		t.lines--
	case empty:
		t.body = true
	}
	t.done = t.body && t.lines == 0
	t.empty = true
}
