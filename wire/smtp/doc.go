// Package smtp dissects SMTP: RFC 5321, with the extensions that are in use (RFC
// 1870, 2034, 2920, 3030, 3207, 4954, 6152, 6531). The book: section 2.3.1.
//
//	S: 220 mail.example.com ESMTP      who serves
//	C: EHLO mail.example.edu           who calls; the reply lists extensions
//	S: 250-mail.example.com
//	S: 250 PIPELINING
//	C: MAIL FROM:<alice@example.edu>   the envelope: from whom,
//	S: 250 OK
//	C: RCPT TO:<bob@example.com>       and to whom
//	S: 250 OK
//	C: DATA
//	S: 354 Go ahead
//	C: Subject: Hello                  the message, lines up to one
//	C:                                 that is only a dot
//	C: Hi Bob.
//	C: .
//	S: 250 Queued                      the server is responsible now
//
// Commands are messages, and so are replies, whole; what follows DATA is one
// message, which package mail takes apart. From MAIL to the last reply, all has
// the same Exchange, and the mail has its Message-ID for Story.
//
// After STARTTLS and 220 nobody but the two can read on: one message says so.
// What a client sends to log in (AUTH) is hidden.
package smtp
