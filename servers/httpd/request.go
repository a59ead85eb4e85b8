package httpd

import (
	"bufio"
	"errors"
	"strings"

	"github.com/wirebook/wirebook/protocol/http1"
)

// request is what a client asked for, once it is known to be well formed.
type request struct {
	http1.Head

	method string
	minor  int // of the version: HTTP/1.minor

	path  string // decoded and clean: "/", "/a/b.html", "/a/"; "*" for the server as a whole
	query string // as it came

	length          int64 // of the body; chunked if negative
	expectsContinue bool  // the client waits for "100 Continue" before it sends the body
}

// fault is a request that cannot be answered as asked: the status to answer
// with, and for the log, why. The connection ends with it.
type fault struct {
	status int
	why    string
}

func (f *fault) Error() string { return f.why }

// read reads a request's head, and checks all of it that says what is asked and
// where the request ends. Errors are faults, or the connection's own.
func (req *request) read(r *bufio.Reader, rules http1.Rules) error {
	*req = request{Head: req.Head}
	if err := req.Head.Read(r, rules); err != nil {
		return asFault(err)
	}
	if err := req.parseStart(); err != nil {
		return err
	}
	if err := req.parseTarget(); err != nil {
		return err
	}
	if err := req.checkHost(); err != nil {
		return err
	}
	return req.findEnd()
}

// asFault gives errors of the syntax their status.
func asFault(err error) error {
	var syntax http1.SyntaxError
	switch {
	case errors.Is(err, http1.ErrStartTooLong):
		return &fault{414, err.Error()}
	case errors.Is(err, http1.ErrFieldsTooLarge):
		return &fault{431, err.Error()}
	case errors.As(err, &syntax):
		return &fault{400, err.Error()}
	}
	return err
}

// parseStart takes the request line apart (RFC 9112 §3):
//
//	request-line = method SP request-target SP HTTP-version
func (req *request) parseStart() error {
	method, rest, _ := strings.Cut(req.Start, " ")
	target, version, ok := strings.Cut(rest, " ")
	if !ok || target == "" {
		return &fault{400, "request line is not three words"}
	}
	if !http1.IsToken(method) {
		return &fault{400, "method is not a token"}
	}
	req.method, req.path = method, target
	return req.parseVersion(version)
}

// parseVersion reads `HTTP/` DIGIT `.` DIGIT. Every HTTP/1 is answered as
// HTTP/1.1 would be (RFC 9110 §2.5); another major version is not ours.
func (req *request) parseVersion(version string) error {
	const pattern = "HTTP/d.d"
	if len(version) != len(pattern) || version[:5] != pattern[:5] || version[6] != '.' ||
		!isDigit(version[5]) || !isDigit(version[7]) {
		return &fault{400, "version is not HTTP/digit.digit"}
	}
	if version[5] != '1' {
		return &fault{505, "version is " + version}
	}
	req.minor = int(version[7] - '0')
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// checkHost sees to it that an HTTP/1.1 request names its host, and none names
// two (RFC 9112 §3.2).
func (req *request) checkHost() error {
	switch n := req.Fields.Count("Host"); {
	case n == 0 && req.minor == 0:
		return nil
	case n == 0:
		return &fault{400, "no Host field"}
	case n > 1:
		return &fault{400, "more than one Host field"}
	}
	if !validAuthority(req.Fields.Get("Host")) {
		return &fault{400, "Host is not a host"}
	}
	return nil
}

// persistent says whether the client wants to go on after this request (RFC
// 9112 §9.3): in HTTP/1.1 unless it says no, in HTTP/1.0 only if it says so.
func (req *request) persistent() bool {
	if req.Fields.HasMember("Connection", "close") {
		return false
	}
	return req.minor >= 1 || req.Fields.HasMember("Connection", "keep-alive")
}
