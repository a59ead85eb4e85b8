package httpd

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/wirebook/wirebook/protocol/http1"
)

// findEnd decides where the request ends (RFC 9112 §6.3): after as many bytes
// as Content-Length says, after the last chunk, or with the header. Wherever
// two readers could disagree, the request is refused: what one takes for a body
// the other takes for the next request, and so are requests smuggled (§11.2).
func (req *request) findEnd() error {
	if err := req.findExpectation(); err != nil {
		return err
	}
	length, hasLength, err := req.Fields.ContentLength()
	if err != nil {
		return asFault(err)
	}
	req.length = length
	if _, coded := req.Fields.Lookup("Transfer-Encoding"); !coded {
		return nil
	}
	if hasLength {
		return &fault{400, "both Transfer-Encoding and Content-Length"}
	}
	if req.minor == 0 {
		return &fault{400, "Transfer-Encoding in HTTP/1.0"} // RFC 9112 §6.1
	}
	req.length = -1
	return req.checkCoding()
}

// checkCoding accepts chunked, the one transfer coding that there must be.
func (req *request) checkCoding() error {
	var codings []string
	for coding := range req.Fields.Members("Transfer-Encoding") {
		codings = append(codings, coding)
	}
	for i, coding := range codings {
		if final := i == len(codings)-1; strings.EqualFold(coding, "chunked") != final {
			return &fault{400, "chunked is not the last transfer coding, and only that"}
		}
	}
	switch len(codings) {
	case 0:
		return &fault{400, "Transfer-Encoding is empty"}
	case 1:
		return nil
	}
	return &fault{501, "transfer coding " + codings[0]} // RFC 9112 §6.1
}

// findExpectation looks whether the client waits to be told to go on (RFC 9110
// §10.1.1). An HTTP/1.0 client cannot have meant it.
func (req *request) findExpectation() error {
	if req.minor == 0 {
		return nil
	}
	for expectation := range req.Fields.Members("Expect") {
		if !strings.EqualFold(expectation, "100-continue") {
			return &fault{417, "expectation " + expectation}
		}
		req.expectsContinue = true
	}
	return nil
}

func (req *request) chunked() bool { return req.length < 0 }

// skipBody reads the request's body, which no method here needs, so that the
// next request can be read.
func (c *conversation) skipBody(req *request) error {
	if req.length == 0 {
		return nil
	}
	tooLarge := req.length > c.MaxBody
	if !req.welcome() && (tooLarge || req.expectsContinue) {
		// The refusal comes in place of the 100. The client then keeps the
		// body to itself; or it does not, and so the connection ends.
		c.last, c.unread = true, true
		return nil
	}
	if tooLarge {
		return &fault{413, "body too large"}
	}
	if req.expectsContinue {
		c.stream.work.out.text("HTTP/1.1 100 Continue\r\n\r\n")
	}
	c.stream.readWithin(c.BodyTimeout)
	return req.discardBody(c.stream.work.in, c.MaxBody, c.rules)
}

// welcome says whether the method is one that is answered.
func (req *request) welcome() bool {
	return req.method == "GET" || req.method == "HEAD" || req.method == "OPTIONS"
}

// discardBody reads to the end of the body, if it has no more than max bytes.
func (req *request) discardBody(r *bufio.Reader, max int64, rules http1.Rules) error {
	if !req.chunked() {
		_, err := io.CopyN(io.Discard, r, req.length)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(http1.NewChunked(r, rules), max+1))
	if err == nil && n > max {
		return &fault{413, "body too large"}
	}
	if errors.Is(err, http1.ErrFieldsTooLarge) {
		return &fault{431, "trailer too large"}
	}
	return asFault(err)
}
