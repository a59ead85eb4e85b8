// Package http dissects HTTP/1.x: RFC 9112 for the form of messages, RFC 9110
// for their meaning. The book: section 2.2.
//
//	GET /index.html HTTP/1.1        a request: the request line,
//	Host: www.example.com           header lines,
//	                                an empty line, and a body if there is one
//
//	HTTP/1.1 200 OK                 a response: the status line,
//	Content-Type: text/html         header lines,
//	Content-Length: 13              one of which says where the body ends,
//	                                an empty line,
//	<p>Hello</p>                    the body
//
// Where a message ends is the protocol's hard question (RFC 9112 §6.3), and
// what most of the findings are about.
package http
