package http

import (
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// rules are the names of all findings.
var rules = []string{
	"line.bare-lf", "line.bare-cr", "head.too-long", "head.cut", "empty-line.missing",
	"request-line.malformed", "version.malformed",
	"status-line.missing", "status-line.leading-space", "status-line.malformed", "status-line.space",
	"header.malformed", "header.space-before-colon", "header.fold", "header.leading-space",
	"host.missing", "host.repeated", "framing.both", "length.invalid", "encoding.not-chunked", "encoding.old-version",
	"response.unframed", "response.unasked", "body.short", "body.extra", "body.reset", "body.cut", "chunk.malformed",
}

// finding is a broken rule of RFC 9112.
func finding(name, section string, at place, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: "finding.http." + name, RFC: 9112, Section: section, Severity: severity, Offset: at.at, Length: at.length,
	}
}

func (h *head) find(name, section string, at place, severity dissect.Severity) {
	h.found = append(h.found, finding(name, section, at, severity))
}

// once is find for what would otherwise be found on each line.
func (h *head) once(name, section string, at place) {
	h.found = dissect.AppendOnce(h.found, finding(name, section, at, dissect.Wrong))
}

// checkRequest checks what concerns the head of a request as a whole.
func (m *Message) checkRequest() []dissect.Finding {
	found := m.checkFraming()
	hosts := m.All("Host")
	switch {
	case len(hosts) == 0 && m.Version == "HTTP/1.1":
		found = append(found, finding("host.missing", "3.2", m.start, dissect.Wrong))
	case len(hosts) > 1:
		found = append(found, finding("host.repeated", "3.2", m.placeOf("Host", 1), dissect.Wrong))
	}
	return found
}

// checkResponse checks what concerns the head of a response as a whole.
func (m *Message) checkResponse() []dissect.Finding {
	found := m.checkFraming()
	if m.Framing == UntilClose && m.Version == "HTTP/1.1" && !m.lists("Connection", "close") {
		found = append(found, finding("response.unframed", "6.3", m.start, dissect.Warning))
	}
	return found
}

// checkFraming checks that it is clear where the body ends (RFC 9112 §6).
func (m *Message) checkFraming() []dissect.Finding {
	var found []dissect.Finding
	_, hasLength := m.Get("Content-Length")
	encodings, hasEncoding := m.Get("Transfer-Encoding")
	if hasLength && hasEncoding {
		found = append(found, finding("framing.both", "6.2", m.placeOf("Content-Length", 0), dissect.Wrong))
	}
	if hasLength && m.length() < 0 {
		found = append(found, finding("length.invalid", "6.3", m.placeOf("Content-Length", 0), dissect.Wrong))
	}
	if hasEncoding && m.Version == "HTTP/1.0" {
		found = append(found, finding("encoding.old-version", "6.1", m.placeOf("Transfer-Encoding", 0), dissect.Wrong))
	}
	if hasEncoding && m.Request && !strings.HasSuffix(strings.ToLower(encodings), "chunked") {
		found = append(found, finding("encoding.not-chunked", "6.3", m.placeOf("Transfer-Encoding", 0), dissect.Wrong))
	}
	return found
}

// placeOf is where the nth header line of that name is.
func (m *Message) placeOf(name string, n int) place {
	for i := range m.Header {
		if strings.EqualFold(m.Header[i].Name, name) {
			if n == 0 {
				return m.Header[i].place
			}
			n--
		}
	}
	return m.start
}
