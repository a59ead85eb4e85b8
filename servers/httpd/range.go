package httpd

import (
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/protocol/http1"
)

// span is a part of a document, in bytes.
type span struct {
	from, length int64
}

func (s span) end() int64 { return s.from + s.length }

// wantedPart says which part of the document to send and with which status: 200
// for the whole, 206 for one range, 416 for a range that it does not have (RFC
// 9110 §14.2). A Range that is malformed or wants several parts is ignored, as
// a server may.
func (req *request) wantedPart(doc *document, now time.Time) (span, int) {
	whole := span{0, doc.size}
	value, ok := req.Fields.Lookup("Range")
	if !ok || req.method != "GET" || !req.rangeApplies(doc, now) {
		return whole, 200
	}
	part, ok := parseRange(value, doc.size)
	switch {
	case !ok:
		return whole, 200
	case part.length <= 0:
		return span{}, 416
	}
	return part, 206
}

// rangeApplies looks at If-Range: a client that has one part of a document wants
// another part of the same one, or the whole new one (RFC 9110 §13.1.5).
func (req *request) rangeApplies(doc *document, now time.Time) bool {
	value, ok := req.Fields.Lookup("If-Range")
	if !ok {
		return true
	}
	if strings.HasSuffix(value, `"`) {
		return value == doc.etag // a weak tag never is
	}
	// A time tells versions apart only once its second is over (§8.8.2.2).
	since, ok := http1.ParseTime(value)
	return ok && doc.lastModified != "" && since.Equal(doc.modTime.Truncate(time.Second)) &&
		now.Sub(doc.modTime) > time.Second
}

// parseRange reads one range of bytes (RFC 9110 §14.1.2) of a document of that
// size:
//
//	bytes=0-499    the first 500
//	bytes=9500-    all from 9500 on
//	bytes=-500     the last 500
//
// ok is false for everything else. A part of no length is one that lies outside.
func parseRange(value string, size int64) (part span, ok bool) {
	unit, set, _ := strings.Cut(value, "=")
	if !strings.EqualFold(unit, "bytes") {
		return span{}, false
	}
	first, last, ok := strings.Cut(strings.Trim(set, " \t"), "-")
	if !ok {
		return span{}, false
	}
	if first == "" {
		return suffix(last, size)
	}
	from, ok := parsePosition(first)
	if !ok {
		return span{}, false
	}
	to := size - 1
	if last != "" {
		given, ok := parsePosition(last)
		if !ok || given < from {
			return span{}, false
		}
		to = min(to, given)
	}
	return span{from, to - from + 1}, true
}

func suffix(length string, size int64) (span, bool) {
	n, ok := parsePosition(length)
	if !ok || (size == 0 && n > 0) {
		return span{}, false // nothing is all there is: 200
	}
	n = min(n, size)
	return span{size - n, n}, true
}

func parsePosition(s string) (int64, bool) {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
