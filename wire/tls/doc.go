// Package tls tells where TLS begins, and how much was said by it: RFC 8446, RFC
// 5246. More cannot be seen without the keys, which is the point of it.
//
//	> ClientHello ftp.example.edu    the first message of each side is in the clear;
//	< ServerHello                    the client's has the name of the server (RFC 6066 §3)
//	> 1,234 bytes, encrypted         all else, up to the end, as one message a side
//
// A conversation is known by its ClientHello, on any port and from either side:
// in FTP's active mode it is the server who connects, and the client who begins
// the handshake (RFC 4217 §7).
package tls
