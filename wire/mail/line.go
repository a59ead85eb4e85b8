package mail

import (
	"bytes"
	"io"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Lines is what a protocol has to say about its lines.
type Lines struct {
	Max     int    // bytes in a line, with its end
	RFC     int    // that says how a line ends,
	Ends    string // and its section,
	Longest string // and that about a line's length; empty: there is no limit, or in another RFC
}

// Read reads a line with its end, and says what is wrong with its form. Of a line
// that is too long it returns the beginning.
func (l *Lines) Read(r *dissect.Reader) (line []byte, wrong []dissect.Finding, err error) {
	start := r.Offset()
	line, err = r.Line(l.Max)
	switch err {
	case dissect.ErrTooLong:
		if r.Until("\n") {
			_, _ = r.Bytes(1)
		}
		f := Finding("line.too-long", l.RFC, l.Longest, start, r.Offset()-start, dissect.Wrong)
		f.Args = map[string]any{"Max": l.Max}
		return line, append(wrong, f), nil
	case io.ErrUnexpectedEOF:
		return line, append(wrong, Finding("line.cut", l.RFC, l.Ends, start, len(line), dissect.Warning)), nil
	case nil:
		if !bytes.HasSuffix(line, []byte("\r\n")) {
			wrong = append(wrong, Finding("line.bare-lf", l.RFC, l.Ends, start+len(line)-1, 1, dissect.Wrong))
		}
	}
	return line, wrong, err
}

// Trim is a line without its end.
func Trim(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

// Opaque reads what TLS has encrypted: one message tells of its beginning.
func Opaque(r *dissect.Reader) {
	if r.Burst(maxOpaque) != nil {
		return
	}
	r.Emit(dissect.Part{
		Protocol: "TLS", Summary: "TLS: the conversation is encrypted from here on", Key: "message.mail.tls",
		Args: map[string]any{"Bytes": r.Offset()},
	})
	r.SkipRest()
	r.Forget()
}

const maxOpaque = 4096
