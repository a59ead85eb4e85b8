package httpc

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Printer writes exchanges as they go over the wire, what is sent after ">" and
// what is received after "<". Its Wire method is for [Client.Wire].
type Printer struct {
	To     io.Writer
	Bodies bool // print bodies, too, with their chunk lines if they have any

	mu     sync.Mutex
	sent   bool
	inBody bool
	line   []byte // begun, but without its end
}

// Wire prints what is whole lines of the data, and keeps the rest for the next
// call.
func (p *Printer) Wire(sent bool, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sent != p.sent {
		p.flush()
		p.sent, p.inBody = sent, false
	}
	for len(data) > 0 && (p.Bodies || !p.inBody) {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			p.line = append(p.line, data...)
			return
		}
		p.line = append(p.line, data[:end]...)
		data = data[end+1:]
		p.inBody = p.inBody || len(bytes.TrimSuffix(p.line, []byte("\r"))) == 0
		p.print()
	}
}

// Flush prints a last line that did not end.
func (p *Printer) Flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flush()
}

func (p *Printer) flush() {
	if len(p.line) > 0 {
		p.print()
	}
}

func (p *Printer) print() {
	mark := "< "
	if p.sent {
		mark = "> "
	}
	line := visible(bytes.TrimSuffix(p.line, []byte("\r")))
	io.WriteString(p.To, strings.TrimRight(mark+line, " ")+"\n")
	p.line = p.line[:0]
}

// visible shows control characters as escapes: what a server sends must not
// command the reader's terminal.
func visible(line []byte) string {
	var out strings.Builder
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		if r == utf8.RuneError && size == 1 || r == '\t' || !strconv.IsPrint(r) {
			quoted := strconv.Quote(string(line[:size]))
			out.WriteString(quoted[1 : len(quoted)-1])
		} else {
			out.WriteRune(r)
		}
		line = line[size:]
	}
	return out.String()
}
