// Package httpd is a web server: the files of a folder, over HTTP/1.1.
//
// HTTP is how a browser asks for a document and how it is answered: a request
// and a response, in text, over a TCP connection. The server keeps nothing about
// its clients between two requests; a connection, though, may carry many of
// them, one after another or several at once (pipelining).
//
// Say what is behind a "$" on one side, and the server answers what follows:
//
//	$ printf 'GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n' | nc www.example.com 80
//	HTTP/1.1 200 OK
//	Date: Sun, 06 Nov 1994 08:49:37 GMT
//	Server: Wirebook
//	Content-Type: text/html; charset=utf-8
//	Content-Length: 14
//	Last-Modified: Sat, 05 Nov 1994 20:00:00 GMT
//	ETag: "16d4c1f3a0b7c000-e"
//	Accept-Ranges: bytes
//	Connection: close
//
//	<h1>Hello</h1>
//
// A tour: [Server.Serve] listens; conversation.go reads a request, decides and
// answers, until one side has had enough. request.go and target.go read what
// was asked, body.go finds where a request ends, files.go has what can be asked
// for, conditional.go and range.go decide how much of it is sent, response.go
// writes it. stream.go is the connection, crowd.go who must leave when too many
// come.
//
// It follows RFC 9110 (what HTTP means), RFC 9112 (how HTTP/1.1 is written) and
// RFC 3986 (what stands in a URL). The book's chapter is Kurose & Ross §2.2.
package httpd
