package httpd

import (
	"strings"
	"time"

	"github.com/wirebook/wirebook/protocol/http1"
)

// precondition looks at the request's conditions, in the order of RFC 9110
// §13.2.2, and returns 304 or 412 if the document is not to be sent, and 0 if it
// is. It is for GET and HEAD.
//
// If-None-Match and If-Modified-Since are the conditional GET of the book: what
// a cache sends to ask whether its copy is still good (Kurose & Ross §2.2.5).
func (req *request) precondition(doc *document) int {
	switch {
	case req.has("If-Match"):
		if !req.lists("If-Match", doc.etag, strongly) {
			return 412
		}
	case req.has("If-Unmodified-Since"):
		if since, ok := req.time("If-Unmodified-Since"); ok && doc.changedAfter(since) {
			return 412
		}
	}
	switch {
	case req.has("If-None-Match"):
		if req.lists("If-None-Match", doc.etag, weakly) {
			return 304
		}
	case req.has("If-Modified-Since"):
		if since, ok := req.time("If-Modified-Since"); ok && !doc.changedAfter(since) {
			return 304
		}
	}
	return 0
}

func (req *request) has(name string) bool {
	_, ok := req.Fields.Lookup(name)
	return ok
}

// time is the field's value. One that is no time is to be ignored (RFC 9110
// §13.1.3).
func (req *request) time(name string) (time.Time, bool) {
	return http1.ParseTime(req.Fields.Get(name))
}

// changedAfter compares in whole seconds, as HTTP writes times. A document that
// does not know when it was changed may have been changed at any time.
func (d *document) changedAfter(t time.Time) bool {
	return d.modTime.IsZero() || d.modTime.Truncate(time.Second).After(t)
}

// comparison is how two entity tags are compared (RFC 9110 §8.8.3.2): weakly, W/
// counts for nothing; strongly, a weak tag equals none.
type comparison bool

const (
	weakly   comparison = false
	strongly comparison = true
)

// lists says whether the field's list of entity tags has etag, or is "*", which
// stands for any.
func (req *request) lists(name, etag string, how comparison) bool {
	for _, field := range req.Fields {
		if !strings.EqualFold(field.Name, name) {
			continue
		}
		if field.Value == "*" || listHas(field.Value, etag, how) {
			return true
		}
	}
	return false
}

// listHas goes through 1#entity-tag. Tags are quoted, and may have commas in
// them; what comes after something that is no tag is not looked at.
func listHas(list, etag string, how comparison) bool {
	for {
		list = strings.TrimLeft(list, " \t,")
		opaque, weak := strings.CutPrefix(list, "W/")
		if !strings.HasPrefix(opaque, `"`) {
			return false
		}
		end := strings.IndexByte(opaque[1:], '"')
		if end < 0 {
			return false
		}
		tag, rest := opaque[:end+2], opaque[end+2:]
		if tag == etag && !(weak && how == strongly) {
			return true
		}
		list = rest
	}
}
