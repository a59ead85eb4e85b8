package ftpc

import (
	"bytes"
	"io"
	"net/netip"
	"time"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// Trace is told what goes over both connections, as it happens. Each function may
// be nil. They are called one at a time.
type Trace struct {
	// Line is a line of the control connection, without its end; of a
	// password there are only asterisks.
	Line func(sent bool, line string)

	// Data is a data connection that has ended.
	Data func(Data)

	// Note is something that a reader of the lines should know.
	Note func(Note)
}

// Data is a data connection, when it has ended.
type Data struct {
	Command string         // that it was for: "RETR hello.txt"
	Upload  bool           // from client to server
	Active  bool           // the server opened it, to the client
	Client  netip.AddrPort // its two ends
	Server  netip.AddrPort
	TLS     bool          // protected
	Resumed bool          // the TLS session is that of the control connection
	Bytes   int64         // of data
	Took    time.Duration // from the agreement on it to its end
}

// Note is something that a client decides, and that the lines do not show.
type Note int

const (
	// NoteForeignAddress: a reply 227 named an address that is not the
	// server's; ours goes to the server nonetheless.
	NoteForeignAddress Note = iota

	// NoteStranger: somebody other than the server connected to the port
	// that we had opened for it, and was turned away (RFC 2577 §8).
	NoteStranger

	// NoteNoExtended: the server refuses EPSV or EPRT, most likely because
	// it does not know it; the older command is tried.
	NoteNoExtended

	// NoteOddPort: the server's data connection did not come from port 20,
	// nor from the one below that of the control connection (RFC 959 §3.2).
	NoteOddPort
)

func (n Note) String() string {
	switch n {
	case NoteForeignAddress:
		return "foreign address"
	case NoteStranger:
		return "stranger"
	case NoteNoExtended:
		return "no extended"
	case NoteOddPort:
		return "odd port"
	}
	return "unknown"
}

func (s *Session) received(line string) { s.traceLine(false, line) }

func (s *Session) traceLine(sent bool, line string) {
	s.tracing.Lock()
	defer s.tracing.Unlock()
	if f := s.client.Trace.Line; f != nil {
		f(sent, line)
	}
}

func (s *Session) traceData(d Data) {
	s.tracing.Lock()
	defer s.tracing.Unlock()
	if f := s.client.Trace.Data; f != nil {
		f(d)
	}
}

func (s *Session) note(n Note) {
	s.tracing.Lock()
	defer s.tracing.Unlock()
	if f := s.client.Trace.Note; f != nil {
		f(n)
	}
}

// tap passes on what is read, and tells each line.
type tap struct {
	from io.Reader
	line func(string)
	held []byte // a line that has not ended
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.from.Read(b)
	for _, part := range bytes.SplitAfter(b[:n], []byte("\n")) {
		// Of a line that is too long, and which ReadReply will refuse,
		// the beginning is enough.
		t.held = append(t.held, part[:min(len(part), ftp.MaxLine-min(ftp.MaxLine, len(t.held)))]...)
		if bytes.HasSuffix(part, []byte("\n")) {
			t.line(string(bytes.TrimRight(t.held, "\r\n")))
			t.held = t.held[:0]
		}
	}
	return n, err
}
