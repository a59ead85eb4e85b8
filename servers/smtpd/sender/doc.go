// Package sender carries mail to other servers: the client side of SMTP as a mail
// server has it (RFC 5321 §2.3.2 calls it the sender).
//
// To which host? The DNS knows (RFC 5321 §5.1). A domain's MX records name its
// mail servers, each with a preference; the lowest number is tried first. A domain
// without MX records is its own mail server, and one whose only MX record is "."
// takes no mail at all (RFC 7505):
//
//	example.com.  MX  10 mail1.example.com.
//	              MX  20 mail2.example.com.
//
// Then the two servers talk. What is to the left of the colon is the state of the
// sender, and these are the methods of conversation.go and transfer.go:
//
//	open      S: 220 mail1.example.com ESMTP Service Ready
//	hello     C: EHLO mail.example.edu
//	          S: 250-Hello mail.example.edu
//	          S: 250-PIPELINING …
//	transfer  C: MAIL FROM:<alice@example.edu> BODY=8BITMIME SIZE=512
//	          C: RCPT TO:<bob@example.com>
//	          S: 250 2.0.0 …
//	          S: 250 2.0.0 …
//	          C: DATA
//	          S: 354 …
//	          C: Received: …
//	          C: .
//	          S: 250 2.0.0 queued
//	quit      C: QUIT
//
// A reply that begins with 4 means "later", one with 5 "never" (RFC 5321 §4.2.1).
// If a host cannot be reached, the next one is tried; if none can, it is for
// later.
//
// route.go finds the hosts, courier.go calls one after another, conversation.go
// is the dialogue; what is answered package protocol/smtp reads.
package sender
