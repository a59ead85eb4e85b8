package ftp

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/wirebook/wirebook/wire/dissect"
)

// transfer is one data connection, announced on the control connection. It is
// the dissector of it.
type transfer struct {
	active  bool           // the server connects
	at      netip.AddrPort // where to
	control *dissect.Stream
	stream  *dissect.Stream // the data connection, once somebody has tried to open it
	verb    string          // what it is for, once that is known
	arg     string
	asked   dissect.Ref
}

const portData = 20 // the server's, in active mode (RFC 959 §5.2)

// Stream returns the readers of the data connection: what one side sends, up to
// the end, is one message.
func (t *transfer) Stream(s *dissect.Stream) (client, server func(*dissect.Reader)) {
	t.stream = s
	return func(r *dissect.Reader) { t.read(r, t.active) }, func(r *dissect.Reader) { t.read(r, !t.active) }
}

// Opened says who calls whom: that is the difference between the two modes.
func (t *transfer) Opened(s *dissect.Stream) *dissect.Part {
	to, from := int(s.Server.Port()), int(s.Client.Port())
	part := &dissect.Part{
		Summary: fmt.Sprintf("data connection to port %d", to), Key: keyOpen + ".passive", Beside: true,
		Args: map[string]any{"Port": strconv.Itoa(to), "From": strconv.Itoa(from)},
	}
	agreed := t.control.Client
	outside, _ := t.control.Translated() // the same, unless there is a NAT
	if t.active {
		part.Key = keyOpen + ".active"
		part.Summary += fmt.Sprintf(" from port %d", from)
		agreed = t.control.Server
		_, outside = t.control.Translated()
		if from != portData {
			f := finding("data.source-port", 959, "3.2", place{0, 2}, dissect.Notice)
			f.Args = part.Args
			part.Findings = append(part.Findings, f)
		}
	}
	if caller := s.Client.Addr(); caller != agreed.Addr() && caller != outside.Addr() {
		f := finding("data.stranger", 2577, "8", place{}, dissect.Warning)
		f.Args = map[string]any{"From": caller.String(), "Asked": agreed.Addr().String()}
		part.Findings = append(part.Findings, f)
	}
	return part
}

// missing says what became of a data connection that reply 425 misses.
func (t *transfer) missing(m *Message) []dissect.Finding {
	name := "data.untried"
	switch {
	case t.stream != nil && t.stream.Open():
		return nil
	case t.stream != nil:
		name = "data.unanswered"
	}
	f := finding(name, 959, "3.2", m.codePlace(), dissect.Notice)
	f.Args = map[string]any{"To": t.at.Addr().String(), "Port": strconv.Itoa(int(t.at.Port()))}
	return []dissect.Finding{f}
}

// read reads what one side sends: a file, or a listing. In stream mode the end of
// the connection is its end (RFC 959 §3.4.1).
func (t *transfer) read(r *dissect.Reader, fromServer bool) {
	if r.SkipRest() == 0 {
		return
	}
	what := &Transfer{Active: t.active, Verb: t.verb, Arg: t.arg, Bytes: r.Offset(), broken: r.Reset()}
	what.Complete = !r.Reset() && t.stream.Closed()
	part := dissect.Part{
		Summary: what.summary(), Key: keyData, Beside: true, Value: &Message{Transfer: what},
		Args: map[string]any{"Name": dissect.Text([]byte(t.arg), maxShown), "Bytes": thousands(r.Offset())},
	}
	if slices.Contains(transfers, t.verb) {
		part.Key += "." + t.verb
	}
	if r.Reset() {
		part.Findings = append(part.Findings, finding("data.reset", 959, "3.4.1", place{}, dissect.Wrong))
	}
	upload := t.verb == "STOR" || t.verb == "STOU" || t.verb == "APPE"
	if t.verb != "" && fromServer == upload {
		part.Findings = append(part.Findings, finding("data.direction", 959, "4.1.3", place{}, dissect.Wrong))
	}
	if !upload {
		part.Answers = t.asked
	}
	part.Fields = fileField
	if what.listing() {
		part.Fields = listingFields
	}
	r.Emit(part)
}

func (t *Transfer) listing() bool { return t.Verb == "LIST" || t.Verb == "NLST" || t.Verb == "MLSD" }

// summary is one line: "RETR readme.txt: 1,234 bytes, complete".
func (t *Transfer) summary() string {
	verb := t.Verb
	if verb == "" {
		verb = "data"
	}
	how := " so far"
	switch {
	case t.Complete:
		how = ", complete"
	case t.broken:
		how = ", broken off"
	}
	return commandLine(verb, t.Arg) + ": " + thousands(t.Bytes) + " bytes" + how
}

// thousands writes a number with commas.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// fileField is a file's bytes, as text.
func fileField(b []byte) []dissect.Field {
	return []dissect.Field{{Name: "File", Key: "ftp.file", Value: dissect.Text(b, maxShown), Length: len(b)}}
}

// listingFields are the lines of a listing.
func listingFields(b []byte) []dissect.Field {
	whole := dissect.Field{Name: "Listing", Key: "ftp.listing", Value: fmt.Sprintf("%d bytes", len(b)), Length: len(b)}
	for at := 0; at < len(b) && len(whole.Children) < maxLines; {
		n := bytes.IndexByte(b[at:], '\n') + 1
		if n == 0 {
			n = len(b) - at
		}
		text := bytes.TrimRight(b[at:at+n], "\r\n")
		whole.Children = append(whole.Children, dissect.Field{
			Name: "Line", Key: "ftp.listing-line", Value: dissect.Text(text, maxShown), Offset: at, Length: n,
		})
		at += n
	}
	return []dissect.Field{whole}
}
