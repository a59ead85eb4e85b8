package http

import (
	"strings"
)

// Message is a request or a response, as it was understood.
type Message struct {
	Request bool   `json:"request"`
	Method  string `json:"method,omitempty"`
	Target  string `json:"target,omitempty"`
	Version string `json:"version"`
	Status  int    `json:"status,omitempty"`
	Reason  string `json:"reason,omitempty"`

	Header  []Header `json:"header"`
	Trailer []Header `json:"trailer,omitempty"`

	BodyOffset int     `json:"bodyOffset"` // where the body starts in the message
	BodySize   int64   `json:"bodySize"`   // its length, without what chunked adds
	Framing    Framing `json:"framing"`    // what tells where it ends
	Complete   bool    `json:"complete"`   // it did end there

	code   string // the status code as it was written
	start  place  // the start line
	parts  [3]place
	empty  place // the empty line
	chunks []chunk
}

// Header is one header line.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	place place
}

// place is where something is in the message.
type place struct{ at, length int }

// chunk is one piece of a chunked body.
type chunk struct{ line, data place }

// Framing is what tells where a body ends (RFC 9112 §6.3).
type Framing string

// The ways to tell it.
const (
	NoBody     Framing = "none"
	ByLength   Framing = "length"
	ByChunks   Framing = "chunked"
	UntilClose Framing = "close"
)

// Get is the value of the first header line of that name, and whether there is
// one.
func (m *Message) Get(name string) (string, bool) {
	for i := range m.Header {
		if strings.EqualFold(m.Header[i].Name, name) {
			return m.Header[i].Value, true
		}
	}
	return "", false
}

// All is the values of all header lines of that name.
func (m *Message) All(name string) []string {
	var values []string
	for i := range m.Header {
		if strings.EqualFold(m.Header[i].Name, name) {
			values = append(values, m.Header[i].Value)
		}
	}
	return values
}

// lists reports whether a comma-separated header has that element.
func (m *Message) lists(name, element string) bool {
	for _, value := range m.All(name) {
		for one := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(one), element) {
				return true
			}
		}
	}
	return false
}

// Body is the body as far as bytes, the whole message, holds it; of a chunked
// one the chunks' data, joined.
func (m *Message) Body(bytes []byte) []byte {
	if m.Framing != ByChunks {
		return bytes[min(m.BodyOffset, len(bytes)):]
	}
	var body []byte
	for _, c := range m.chunks {
		body = append(body, within(bytes, c.data)...)
	}
	return body
}

// within is the bytes at p, as far as they are there.
func within(b []byte, p place) []byte {
	start := min(p.at, len(b))
	return b[start:min(p.at+p.length, len(b))]
}
