// Package smtpd is a mail server: it speaks SMTP, the Simple Mail Transfer
// Protocol (RFC 5321), by which mail is handed from a user to a server and from
// server to server. Kurose & Ross §2.3.
//
// The way of a message from Alice to Bob:
//
//	Alice's program ──SMTP──▶ her server        submission: port 587, or 25 on the campus
//	                          its queue          on the disk, until Bob's server has it
//	                             │ DNS           which host takes mail for example.com? (MX)
//	                             ▼ SMTP
//	                          Bob's server       port 25
//	                          his mailbox        where POP3 or IMAP fetch it
//
// Both servers are of this kind. Try one, here from a host of its campus, as in the
// book; what begins with a number is the server's:
//
//	$ nc -C mail.example.edu 25
//	220 mail.example.edu ESMTP Service Ready
//	HELO alice.example.edu
//	250 2.0.0 Hello alice.example.edu
//	MAIL FROM:<alice@example.edu>
//	250 2.0.0 Roger, accepting mail from <alice@example.edu>
//	RCPT TO:<bob@example.com>
//	250 2.0.0 I'll make sure <bob@example.com> gets this
//	DATA
//	354 Go ahead. End your data with <CR><LF>.<CR><LF>
//	Do you like ketchup?
//	How about pickles?
//	.
//	250 2.0.0 queued as 6QXJ4TZ2VWKP3N
//	QUIT
//	221 2.0.0 Bye
//
// The library go-smtp reads the commands and writes the replies; what is decided
// is decided here. Read it so:
//
//	server.go          the options, and Serve
//	roles.go           who may send what to whom; start here
//	conversation.go    MAIL, RCPT: a method a command
//	data.go            DATA: the message comes in, and is safe when 250 is said
//	header.go          what is looked at in a message, and added
//	received.go        the line that every server writes on top
//	delivery.go        into a mailbox, or on to another server
//	queue/             where mail waits, on the disk
//	sender/            the other side of SMTP: how mail is carried on
//	stream.go          what stands between the connection and go-smtp
//	library.go         go-smtp itself, and STARTTLS
//
// # Extensions
//
// EHLO is answered with PIPELINING (RFC 2920), 8BITMIME (RFC 6152), SIZE (RFC
// 1870), ENHANCEDSTATUSCODES (RFC 2034), SMTPUTF8 (RFC 6531), STARTTLS (RFC 3207)
// and, where users log in, AUTH (RFC 4954). At port 465 TLS begins with the first
// byte (RFC 8314 §3.3), if [Server.SecureAddr] says so.
//
// # Decisions
//
// A message whose lines do not all end in CR LF is refused. Where servers disagree
// about what ends a line, they disagree about what ends a message, and a stranger
// can put a second one into the first ("SMTP smuggling").
//
// A message for one mailbox of this host goes there at once, if it can; all others
// wait in the queue, if only for a moment. Either way a message is on the disk
// before 250 is said.
//
// VRFY is answered 252, "try it", and EXPN 502: who has a mailbox is nobody's
// business (RFC 5321 §7.3). HELP is 502 as well.
package smtpd
