// Package http1 is the syntax of an HTTP/1.1 message (RFC 9112), in the part
// that a server and a client share: a head (a start line and header fields),
// and a body that is as long as Content-Length says or comes in chunks.
//
//	GET /index.html HTTP/1.1\r\n      the start line
//	Host: www.example.com\r\n         a field line
//	\r\n                              the end of the head
//
// What a start line says, and which of the ways a body ends, is different for
// requests and responses: servers/httpd and clients/httpc decide that.
//
// It is the message format of Kurose & Ross §2.2.3.
package http1
