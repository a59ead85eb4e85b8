package httpc

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/protocol/http1"
)

// Field and Fields are header fields.
type (
	Field  = http1.Field
	Fields = http1.Fields
)

// Request is what is asked of a server.
type Request struct {
	Method string // GET if empty
	URL    string // of the document; it may lack its "http://"
	Fields Fields // further header fields; they replace Host, User-Agent and Accept
	HTTP10 bool   // ask in HTTP/1.0
	Close  bool   // ask that the connection end with the response
}

// Range is the field that asks for a part of a document: the bytes from first to
// last, counted from 0, or to the end if last is negative (RFC 9110 §14.2).
func Range(first, last int64) Field {
	value := "bytes=" + strconv.FormatInt(first, 10) + "-"
	if last >= 0 {
		value += strconv.FormatInt(last, 10)
	}
	return Field{Name: "Range", Value: value}
}

// IfModifiedSince is the field that asks for a document only if it was changed
// after t (RFC 9110 §13.1.3).
func IfModifiedSince(t time.Time) Field {
	return Field{Name: "If-Modified-Since", Value: http1.FormatTime(t)}
}

// IfNoneMatch is the field that asks for a document only if its ETag is another
// (RFC 9110 §13.1.2).
func IfNoneMatch(etag string) Field {
	return Field{Name: "If-None-Match", Value: etag}
}

func (r *Request) method() string { return cmp.Or(r.Method, "GET") }

// append writes the request as it goes over the wire (RFC 9112 §3).
func (r *Request) append(text []byte, target *url.URL, userAgent string) ([]byte, error) {
	if !http1.IsToken(r.method()) {
		return nil, fmt.Errorf("method %q is not a token", r.Method)
	}
	version := "HTTP/1.1"
	if r.HTTP10 {
		version = "HTTP/1.0"
	}
	text = append(text, r.method()+" "+target.RequestURI()+" "+version+"\r\n"...)
	for _, field := range r.fields(target, userAgent) {
		if !http1.IsToken(field.Name) || !http1.ValidValue(field.Value) {
			return nil, fmt.Errorf("%q: %q is not a header field", field.Name, field.Value)
		}
		text = append(text, field.Name+": "+field.Value+"\r\n"...)
	}
	return append(text, "\r\n"...), nil
}

// fields are Host first (RFC 9110 §7.2), what a client says of itself, and what
// the caller adds.
func (r *Request) fields(target *url.URL, userAgent string) Fields {
	var all Fields
	for _, field := range []Field{
		{Name: "Host", Value: host(target)},
		{Name: "User-Agent", Value: userAgent},
		{Name: "Accept", Value: "*/*"},
	} {
		if r.Fields.Count(field.Name) == 0 {
			all = append(all, field)
		}
	}
	all = append(all, r.Fields...)
	if r.Close {
		all = append(all, Field{Name: "Connection", Value: "close"})
	}
	return all
}

// host is the URL's host, with its port if that is not the usual one.
func host(u *url.URL) string { return strings.TrimSuffix(u.Host, ":80") }
