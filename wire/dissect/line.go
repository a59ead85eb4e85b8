package dissect

import (
	"bytes"
	"io"
	"slices"
)

// Lines is what a protocol whose commands and replies are lines has to say about
// these.
type Lines struct {
	Max     int    // bytes in a line, with its end
	Keys    string // what the keys of its findings begin with: "finding.ftp."
	RFC     int    // that says how a line ends,
	Ends    string // and its section,
	Longest string // and that about a line's length; empty: there is no limit, or in another RFC
}

// Read reads a line with its end, and says what is wrong with its form. Of a line
// that is too long it returns the beginning.
func (l *Lines) Read(r *Reader) (line []byte, wrong []Finding, err error) {
	start := r.Offset()
	line, err = r.Line(l.Max)
	switch err {
	case ErrTooLong:
		if r.Until("\n") {
			_, _ = r.Bytes(1)
		}
		f := l.finding("line.too-long", l.Longest, To(start, r.Offset()), Wrong)
		f.Args = map[string]any{"Max": l.Max}
		return line, []Finding{f}, nil
	case io.ErrUnexpectedEOF:
		return line, []Finding{l.finding("line.cut", l.Ends, Range{start, len(line)}, Warning)}, nil
	case nil:
		if !bytes.HasSuffix(line, []byte("\r\n")) {
			wrong = []Finding{l.finding("line.bare-lf", l.Ends, Range{start + len(line) - 1, 1}, Wrong)}
		}
	}
	return line, wrong, err
}

func (l *Lines) finding(name, section string, at Range, severity Severity) Finding {
	f := Finding{Key: l.Keys + name, Section: section, Severity: severity, Offset: at.Offset, Length: at.Length}
	if section != "" {
		f.RFC = l.RFC
	}
	return f
}

// AppendOnce adds findings of which there is none yet: who ends lines wrongly
// does so in all of them.
func AppendOnce(found []Finding, more ...Finding) []Finding {
	for _, f := range more {
		if !slices.ContainsFunc(found, func(o Finding) bool { return o.Key == f.Key }) {
			found = append(found, f)
		}
	}
	return found
}

// maxOpaque is how much of what is encrypted one message has.
const maxOpaque = 4096

// Opaque reads what TLS has encrypted: one message, explained by that key, tells of
// its beginning.
func Opaque(r *Reader, key string) {
	if r.Burst(maxOpaque) != nil {
		return
	}
	r.Emit(Part{
		Protocol: "TLS", Summary: "TLS: the conversation is encrypted from here on", Key: key,
		Args: map[string]any{"Bytes": r.Offset()},
	})
	r.SkipRest()
	r.Forget()
}
