// Package ftp dissects FTP: RFC 959, with the extensions that are in use (RFC
// 2389, 2428, 3659, 4217). The book, up to its sixth edition: section 2.3.
//
//	C: RETR readme.txt           the control connection, to port 21: command lines
//	S: 150 Here it comes         one way, and the other way replies, of a code of
//	S: 226 Transfer complete     three digits and text, in one line or several
//
// A command may have two replies, a preliminary one (1yz) and the last; both
// answer it.
//
// The file travels on a data connection, of which only the control connection
// tells where it will be: in PORT and EPRT, or in the replies 227 and 229. The
// dissector reads the address there, and expects the connection. What it carries
// is one message of the protocol FTP-DATA, with the name of the command that it
// is for; and so is its opening, since who calls whom is the difference between
// active and passive mode:
//
//	C: PORT 10,0,0,1,195,80      active: the server connects, from port 20,
//	S: 200 OK                    to port 195 × 256 + 80 of the client
//
//	C: PASV                      passive: the client connects, to the port
//	S: 227 (10,0,0,2,156,65)     of the server that this names
//
// Passwords are asterisks, in the message's bytes and in captures, too: the
// dissector says where they are, and its reader hides them.
package ftp
