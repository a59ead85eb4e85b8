package http

import (
	"fmt"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// dialogue is one connection: which requests still wait for their response.
type dialogue struct {
	midway bool // the beginning was not seen
	asked  []*asked
	opaque bool // the connection now speaks another protocol
}

// asked is a request without response. Its ref is known once it is complete.
type asked struct {
	ref    dissect.Ref
	method string
}

const maxPipelined = 1024

// requests reads what the client says.
func (d *dialogue) requests(r *dissect.Reader) {
	r.Hide(credentials)
	if d.midway && !resync(r, true) {
		return
	}
	for d.next(r, true) {
		m, found, err := readHead(r, true)
		if err == dissect.ErrGap {
			r.Forget()
			continue
		}
		question := &asked{method: m.Method}
		if len(d.asked) < maxPipelined {
			d.asked = append(d.asked, question)
		}
		if err == nil {
			m.chooseFraming("")
			found = append(found, m.checkRequest()...)
			found = append(found, m.readBody(r)...)
		}
		question.ref = m.emit(r, found, dissect.Ref{})
		if err != nil {
			return
		}
	}
}

// responses reads what the server says.
func (d *dialogue) responses(r *dissect.Reader) {
	if d.midway && !resync(r, false) {
		return
	}
	for first := true; d.next(r, false); first = false {
		if !startsResponse(r) {
			if first && len(d.asked) == 0 {
				return // nobody speaks HTTP here
			}
			d.extra(r, first)
			continue
		}
		m, found, err := readHead(r, false)
		if err == dissect.ErrGap {
			r.Forget()
			continue
		}
		question, unasked := d.answered(m)
		if err == nil {
			m.chooseFraming(question.method)
			found = append(found, m.checkResponse()...)
			found = append(found, m.readBody(r)...)
		}
		if unasked {
			found = append(found, finding("response.unasked", "9.2", m.start, dissect.Warning))
		}
		m.emit(r, found, question.ref)
		if err != nil {
			return
		}
	}
}

func (m *Message) emit(r *dissect.Reader, found []dissect.Finding, answers dissect.Ref) dissect.Ref {
	return r.Emit(dissect.Part{
		Summary: m.summary(), Key: m.key(), Args: m.args(), Findings: found, Value: m, Fields: m.fields, Answers: answers,
	})
}

// next waits for the start of a message, and reports whether there is one.
func (d *dialogue) next(r *dissect.Reader, request bool) bool {
	for {
		var start []byte
		if request {
			start = skipEmptyLines(r)
		} else {
			start = r.Peek(1)
		}
		if d.opaque {
			return false
		}
		if len(start) > 0 {
			return true
		}
		if !r.Missed() || !resync(r, request) {
			return false
		}
	}
}

// startsResponse reports whether a status line is next, be it one that a space
// precedes.
func startsResponse(r *dissect.Reader) bool {
	for n := len("HTTP/"); ; n++ {
		start := r.Peek(n)
		text := strings.TrimLeft(string(start), " \t")
		if strings.HasPrefix(text, "HTTP/") {
			return true
		}
		if !strings.HasPrefix("HTTP/", text) || len(start) < n || n == 32 {
			return false
		}
	}
}

// extra emits what is not a response: bytes after one that its Content-Length
// did not announce, or a whole reply without status line.
func (d *dialogue) extra(r *dissect.Reader, first bool) {
	part := dissect.Part{Key: "message.http.extra", Fields: bodyFields}
	name, section := "body.extra", "6.3"
	if first {
		name, section = "status-line.missing", "4"
	}
	if first || !r.Until("HTTP/") {
		r.SkipRest()
	}
	part.Summary = fmt.Sprintf("%d bytes: %s", r.Offset(), dissect.Text(r.Read()[:min(len(r.Read()), 48)], 40))
	part.Args = map[string]any{"Count": r.Offset()}
	part.Findings = []dissect.Finding{finding(name, section, place{0, r.Offset()}, dissect.Wrong)}
	part.Findings[0].Args = part.Args
	if first && len(d.asked) > 0 {
		part.Answers = d.asked[0].ref
		d.asked = d.asked[1:]
	}
	r.Emit(part)
}

// answered is the request that m answers. An interim response (1xx) leaves it
// waiting for the final one, except 101, after which HTTP is over. unasked is
// true when there was no request; 408 needs none.
func (d *dialogue) answered(m *Message) (question asked, unasked bool) {
	if len(d.asked) == 0 {
		return asked{}, !d.midway && m.Status != 408
	}
	question = *d.asked[0]
	if m.Status/100 != 1 || m.Status == 101 {
		d.asked = d.asked[1:]
	}
	if m.Status == 101 || question.method == "CONNECT" && m.Status/100 == 2 {
		d.opaque = true
	}
	return question, false
}

// skipEmptyLines passes over empty lines before a request line, as a server
// should (RFC 9112 §2.2), and returns what follows.
func skipEmptyLines(r *dissect.Reader) []byte {
	for {
		next := r.Peek(1)
		if len(next) == 0 || next[0] != '\r' && next[0] != '\n' {
			return next
		}
		if next[0] == '\r' {
			if two := r.Peek(2); len(two) == 2 && two[1] != '\n' {
				return two
			}
		}
		if _, err := r.Line(2); err != nil {
			return nil
		}
		r.Forget()
	}
}

// resync finds the next message after bytes that were missed: it starts where
// the sender had paused, and looks like one.
func resync(r *dissect.Reader, request bool) bool {
	for {
		start := r.Peek(sniffed)
		if sniff(request, start) == dissect.Yes {
			return true
		}
		if !r.Discard() {
			return false
		}
	}
}

const sniffed = 8 // "OPTIONS "
