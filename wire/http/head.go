package http

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	maxLine = 16 << 10
	maxHead = 64 << 10
)

// errNoEmptyLine is the end of a head whose body follows without an empty line.
var errNoEmptyLine = errors.New("no empty line")

// head reads a start line and header lines (RFC 9112 §2.1).
type head struct {
	r     *dissect.Reader
	m     *Message
	found []dissect.Finding
}

// readHead reads up to and with the empty line. An error other than
// dissect.ErrGap means that nothing sensible can follow.
func readHead(r *dissect.Reader, request bool) (*Message, []dissect.Finding, error) {
	h := &head{r: r, m: &Message{Request: request, Framing: NoBody}}
	line, err := h.line()
	h.m.start = place{0, len(line)}
	if request {
		h.requestLine(line)
	} else {
		h.statusLine(line)
	}
	if err == nil {
		err = h.headers(&h.m.Header)
	}
	h.m.BodyOffset = min(h.m.BodyOffset, r.Offset())
	switch {
	case err == nil:
		h.m.BodyOffset = r.Offset()
	case err == dissect.ErrGap:
	case err == dissect.ErrTooLong:
		h.find("head.too-long", "3", place{r.Offset(), 0}, dissect.Wrong)
	case err == errNoEmptyLine:
		h.find("empty-line.missing", "2.1", place{h.m.BodyOffset, 1}, dissect.Wrong)
		r.SkipRest()
		h.m.Framing, h.m.BodySize = UntilClose, int64(r.Offset()-h.m.BodyOffset)
	case len(line) > 0 && !r.Reset() && (err == io.EOF || !request && bytes.HasSuffix(line, []byte("\n"))):
		h.find("empty-line.missing", "2.1", place{r.Offset(), 0}, dissect.Wrong)
	default:
		h.find("head.cut", "8", place{r.Offset(), 0}, dissect.Wrong)
	}
	if err != nil && err != errNoEmptyLine && err != dissect.ErrGap {
		h.m.BodyOffset = r.Offset()
	}
	return h.m, h.found, err
}

// line reads a line with its end. It ends in CRLF (RFC 9112 §2.2).
func (h *head) line() ([]byte, error) {
	at := h.r.Offset()
	if at > maxHead {
		return nil, dissect.ErrTooLong
	}
	line, err := h.r.Line(maxLine)
	if err != nil {
		return line, err
	}
	text := bytes.TrimSuffix(line, []byte("\n"))
	if !bytes.HasSuffix(text, []byte("\r")) {
		h.once("line.bare-lf", "2.2", place{at + len(text), 1})
	}
	text = bytes.TrimSuffix(text, []byte("\r"))
	if i := bytes.IndexByte(text, '\r'); i >= 0 {
		h.once("line.bare-cr", "2.2", place{at + i, 1})
	}
	return line, nil
}

// headers reads header lines up to the empty line (RFC 9112 §5).
func (h *head) headers(into *[]Header) error {
	for {
		at := h.r.Offset()
		line, err := h.line()
		if err != nil {
			return err
		}
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			h.m.empty = place{at, len(line)}
			return nil
		}
		if !h.header(into, text, place{at, len(line)}) {
			h.m.BodyOffset = at
			return errNoEmptyLine
		}
	}
}

// header takes one header line; it reports false when it is none, but the body.
func (h *head) header(into *[]Header, text []byte, at place) bool {
	if text[0] == ' ' || text[0] == '\t' {
		h.fold(*into, text, at)
		return true
	}
	name, value, ok := bytes.Cut(text, []byte(":"))
	if strings.IndexByte("<{[", text[0]) >= 0 {
		return false
	}
	if !ok {
		h.find("header.malformed", "5", at, dissect.Wrong)
		*into = append(*into, Header{Name: string(text), place: at})
		return true
	}
	trimmed := bytes.TrimRight(name, " \t")
	if len(trimmed) != len(name) {
		h.find("header.space-before-colon", "5.1", place{at.at + len(trimmed), len(name) - len(trimmed)}, dissect.Wrong)
	} else if !token(name) {
		h.find("header.malformed", "5", at, dissect.Wrong)
	}
	*into = append(*into, Header{Name: string(trimmed), Value: string(bytes.Trim(value, " \t")), place: at})
	return true
}

// fold continues the header line before (RFC 9112 §5.2).
func (h *head) fold(headers []Header, text []byte, at place) {
	if len(headers) == 0 {
		h.find("header.leading-space", "2.2", place{at.at, 1}, dissect.Wrong)
		return
	}
	h.find("header.fold", "5.2", at, dissect.Wrong)
	last := &headers[len(headers)-1]
	last.Value = strings.TrimSpace(last.Value + " " + string(bytes.Trim(text, " \t")))
	last.place.length += at.length
}

// requestLine is "method SP target SP version" (RFC 9112 §3).
func (h *head) requestLine(line []byte) {
	text := strings.TrimRight(string(line), "\r\n")
	m := h.m
	method, rest, _ := strings.Cut(text, " ")
	target, version := rest, ""
	if i := strings.LastIndexByte(rest, ' '); i >= 0 {
		target, version = rest[:i], rest[i+1:]
	}
	m.Method, m.Target, m.Version = method, target, version
	m.parts = [3]place{
		{0, len(method)}, {len(method) + 1, len(target)}, {len(method) + len(target) + 2, len(version)},
	}
	switch {
	case !token([]byte(method)) || target == "" || version == "" || strings.ContainsAny(target, " \t"):
		h.find("request-line.malformed", "3", place{0, len(text)}, dissect.Wrong)
	case !validVersion(version):
		h.find("version.malformed", "2.3", m.parts[2], dissect.Wrong)
	}
}

// statusLine is "version SP code SP [reason]" (RFC 9112 §4).
func (h *head) statusLine(line []byte) {
	whole := strings.TrimRight(string(line), "\r\n")
	text := strings.TrimLeft(whole, " \t")
	at := len(whole) - len(text)
	if at > 0 {
		h.find("status-line.leading-space", "4", place{0, at}, dissect.Wrong)
	}
	m := h.m
	version, rest, _ := strings.Cut(text, " ")
	code, reason, spaced := strings.Cut(rest, " ")
	m.Version, m.code, m.Reason = version, code, reason
	m.parts = [3]place{
		{at, len(version)}, {at + len(version) + 1, len(code)}, {at + len(version) + len(code) + 2, len(reason)},
	}
	switch {
	case !validVersion(version):
		h.find("version.malformed", "2.3", m.parts[0], dissect.Wrong)
	case len(code) != 3 || strings.Trim(code, "0123456789") != "" || code[0] == '0':
		h.find("status-line.malformed", "4", place{0, len(whole)}, dissect.Wrong)
	case !spaced:
		h.find("status-line.space", "4", place{len(whole), 0}, dissect.Notice)
	}
	for _, digit := range code[:min(3, len(code))] {
		if digit >= '0' && digit <= '9' {
			m.Status = m.Status*10 + int(digit-'0')
		}
	}
}

func validVersion(v string) bool {
	return len(v) == 8 && strings.HasPrefix(v, "HTTP/") && v[6] == '.' && digit(v[5]) && digit(v[7])
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// token reports whether b is a token (RFC 9110 §5.6.2).
func token(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return len(b) > 0
}
