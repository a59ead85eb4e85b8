// Package smtp is what the clients of SMTP have in common (RFC 5321): how a server
// answers. Clients are clients/smtpc, for a user, and servers/smtpd/sender, for a
// mail server that carries a message on; the server itself speaks through a library.
//
//	C: EHLO alice.example.edu
//	S: 250-mail.example.edu                  a Reply: a code, and lines of text
//	S: 250-SIZE 10240000                     Reply.Extensions
//	S: 250 PIPELINING
//	C: RCPT TO:<nobody@example.edu>
//	S: 550 5.1.1 no such mailbox here        Reply.Enhanced: 5.1.1
//
// Lines, and the text of a message, are the same in all of mail: protocol/mail.
package smtp
