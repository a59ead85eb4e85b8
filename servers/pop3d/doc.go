// Package pop3d is a POP3 server: it hands the mail of a [mailbox.Store] to its
// users.
//
// SMTP pushes mail to the server of its recipient, who is not always there to
// take it. POP3 is how he fetches it, over a TCP connection to port 110: he logs
// in, is told how many messages there are, retrieves them, and marks those to be
// deleted. A session goes through three states (RFC 1939 §3):
//
//	AUTHORIZATION   who are you? USER and PASS, APOP, or AUTH
//	TRANSACTION     STAT, LIST, UIDL, RETR, TOP, DELE, RSET, NOOP
//	UPDATE          after QUIT: what was marked is deleted
//
// A connection that ends without QUIT deletes nothing.
//
//	$ nc mail.example.com 110
//	+OK POP3 server ready <4bd5…c0@mail.example.com>
//	USER alice
//	+OK now the password
//	PASS alice
//	+OK 2 messages (320 octets)
//	LIST
//	+OK 2 messages (320 octets)
//	1 120
//	2 200
//	.
//	RETR 1
//	+OK 120 octets
//	From: bob@example.com
//	…
//	.
//	DELE 1
//	+OK message 1 is marked
//	QUIT
//	+OK 1 message deleted, 1 left
//
// The server keeps nothing about a session when it is over. What a user who leaves
// his mail on the server has retrieved before, his program must know: UIDL tells
// it a name of each message that stays the same. (What was retrieved does get the
// flag Seen, for IMAP's sake.)
//
// A tour: [Server.Serve] listens; conversation.go reads commands and knows the
// states; authorization.go, transaction.go and update.go have what is done in
// each; maildrop.go is the mailbox as a session sees it, its messages numbered
// from 1; tls.go is STLS; top.go cuts a message for TOP; ahead.go reads the next
// message before it is asked for.
//
// It follows RFC 1939 (POP3), RFC 2449 (CAPA and response codes), RFC 2595 §4
// (STLS), RFC 3206 (the codes AUTH and SYS), RFC 5034 (AUTH), RFC 4616 (PLAIN) and
// RFC 8314 (TLS from the first byte, port 995). In the book it is Kurose & Ross
// §2.3.
package pop3d
