package mail

import (
	"bytes"
	"io"
	"slices"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Text is a text of many lines that a line with a dot ends: SMTP's DATA (RFC 5321
// §4.5.2), POP3's multi-line replies (RFC 1939 §3). A line that begins with a dot
// has got one more.
type Text struct {
	Start    int  // where it begins in what is read, since the last message
	Size     int  // bytes, without the line that ends it
	Lines    int  // that it has
	Complete bool // the line with the dot has come
	Stopped  bool // it was to stop before that

	rules rules
	found []dissect.Finding
	last  [3]byte // what was read before the line
}

// rules are where the RFCs speak of a text's form.
type rules struct {
	rfc             int
	ends, dot, stop string
	sender          bool // who sends it is to blame for more than its form
}

var (
	// SMTP's, whose receivers can be made to disagree about where a message ends.
	smtpRules = rules{rfc: 5321, ends: "2.3.8", dot: "4.5.2", stop: "4.1.1.4", sender: true}
	pop3Rules = rules{rfc: 1939, ends: "3", dot: "3", stop: "3"}
)

// ReadData reads what follows SMTP's DATA. stop says, before each line, that
// there are no more: the server has answered.
func ReadData(r *dissect.Reader, stop func() bool) (*Text, error) {
	return readText(r, smtpRules, stop)
}

// ReadMultiline reads what follows the first line of a multi-line reply.
func ReadMultiline(r *dissect.Reader) (*Text, error) {
	return readText(r, pop3Rules, func() bool { return false })
}

// Findings are what is wrong with the text's form.
func (t *Text) Findings() []dissect.Finding { return t.found }

func readText(r *dissect.Reader, rules rules, stop func() bool) (*Text, error) {
	t := &Text{Start: r.Offset(), rules: rules, last: [3]byte{0, '\r', '\n'}}
	for {
		next := r.Peek(1)
		if len(next) > 0 && stop() {
			t.Stopped = true
			return t, nil
		}
		at := r.Offset()
		line, err := r.Line(maxTextLine)
		switch err {
		case dissect.ErrGap:
			return t, err
		case io.EOF, io.ErrUnexpectedEOF:
			t.check(line, at)
			t.Size = r.Offset() - t.Start
			t.find("text.unended", rules.stop, at, len(line), dissect.Wrong)
			return t, nil
		case nil:
			if string(line) == ".\r\n" && t.atLine() {
				t.Complete = true
				return t, nil
			}
		}
		t.check(line, at)
		if err == dissect.ErrTooLong {
			if r.Until("\n") {
				_, _ = r.Bytes(1)
			}
			line = []byte("\r\n") // most likely
		}
		t.Lines++
		t.Size = r.Offset() - t.Start
		t.remember(line)
	}
}

const (
	maxTextLine = 64 << 10
	longestLine = 998 // RFC 5322 §2.1.1, without CR LF
)

// atLine reports whether what was read last ends a line: CR LF.
func (t *Text) atLine() bool { return t.last[1] == '\r' && t.last[2] == '\n' }

func (t *Text) remember(line []byte) {
	tail := append(t.last[:], line[max(0, len(line)-3):]...)
	t.last = [3]byte(tail[len(tail)-3:])
}

func (t *Text) find(name, section string, at, length int, severity dissect.Severity) {
	t.found = dissect.AppendOnce(t.found, Finding(name, t.rules.rfc, section, at, length, severity))
}

// check looks at the form of a line, which is byte number at of the message.
func (t *Text) check(line []byte, at int) {
	text := Trim(line)
	if bytes.HasSuffix(line, []byte("\n")) && !bytes.HasSuffix(line, []byte("\r\n")) {
		t.find("line.bare-lf", t.rules.ends, at+len(line)-1, 1, dissect.Wrong)
	}
	if i := bytes.IndexByte(text, '\r'); i >= 0 {
		t.find("line.bare-cr", t.rules.ends, at+i, 1, dissect.Wrong)
	}
	if len(text) > longestLine {
		f := Finding("text.line.too-long", 5322, "2.1.1", at, len(text), dissect.Wrong)
		f.Args = map[string]any{"Max": longestLine}
		t.found = dissect.AppendOnce(t.found, f)
	}
	if t.atLine() && len(text) > 1 && text[0] == '.' && text[1] != '.' && text[1] != '\r' {
		t.find("dot.unstuffed", t.rules.dot, at, 2, dissect.Wrong)
	}
	if t.rules.sender {
		t.smuggling(line, at)
	}
}

// smuggling looks for what a careless server may take for the end of the message:
// a dot between two ends of lines of which not both are CR LF. What follows it
// would be read as commands there, and as text here: so a second message is
// smuggled past whoever has checked the first (RFC 5321 §4.1.1.4).
func (t *Text) smuggling(line []byte, at int) {
	whole := append(t.last[:len(t.last):len(t.last)], line...)
	for i := len(t.last); i < len(whole)-1; i++ {
		if whole[i] != '.' {
			continue
		}
		before, after := endBefore(whole[:i]), endAfter(whole[i+1:])
		if before == "" || after == "" || before == "\r\n" && after == "\r\n" {
			continue
		}
		name := ends[before] + "." + ends[after]
		f := Finding("smuggling", t.rules.rfc, t.rules.stop, max(at+i-len(t.last)-len(before), 0), len(before)+1+len(after), dissect.Wrong)
		f.Args = map[string]any{"Name": name}
		if !slices.ContainsFunc(t.found, func(o dissect.Finding) bool { return o.Key == f.Key && o.Args["Name"] == name }) {
			t.found = append(t.found, f)
		}
	}
}

var ends = map[string]string{"\r\n": "<CR><LF>", "\n": "<LF>", "\r": "<CR>"}

func endBefore(b []byte) string {
	for _, end := range [...]string{"\r\n", "\n", "\r"} {
		if bytes.HasSuffix(b, []byte(end)) {
			return end
		}
	}
	return ""
}

func endAfter(b []byte) string {
	for _, end := range [...]string{"\r\n", "\n", "\r"} {
		if bytes.HasPrefix(b, []byte(end)) {
			return end
		}
	}
	return ""
}

// unstuffed is a text without the dots that were added, and where in it a dot was
// taken off.
func unstuffed(wire []byte) (text []byte, dots []int) {
	text = make([]byte, 0, len(wire))
	for len(wire) > 0 {
		n := bytes.Index(wire, []byte("\r\n")) + 2
		if n < 2 {
			n = len(wire)
		}
		line := wire[:n]
		wire = wire[n:]
		if line[0] == '.' {
			dots = append(dots, len(text))
			line = line[1:]
		}
		text = append(text, line...)
	}
	return text, dots
}
