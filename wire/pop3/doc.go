// Package pop3 dissects POP3: RFC 1939, with the extensions that are in use (RFC
// 2449, 2595, 5034). The book: section 2.3.3.
//
//	S: +OK POP3 ready <1896.697170952@example.com>
//	C: USER bob                  who is there: authorization
//	S: +OK
//	C: PASS ********
//	S: +OK logged in
//	C: LIST                      what is there: transaction
//	S: +OK
//	S: 1 498                     some replies have many lines,
//	S: .                         up to one that is only a dot
//	C: RETR 1
//	S: +OK 498 octets
//	S: From: alice@example.edu   the mail
//	S: .
//	C: DELE 1                    marks it; QUIT deletes it: update
//	S: +OK
//
// Commands are messages, and so are replies, whole. Which reply has many lines
// depends on the command that it answers. A mail is part of the reply to RETR, and
// package mail takes it apart.
//
// After STLS and +OK nobody but the two can read on: one message says so.
// Passwords, APOP's digests and what AUTH sends are hidden.
package pop3
