// Package mail is what the dissectors of SMTP, POP3 and IMAP have in common: how
// they read texts that a dot ends, logins, and the messages that people
// write to each other. The book: section 2.3.
//
// A message (RFC 5322) is a header, an empty line and a body:
//
//	From: alice@example.edu                    header lines,
//	To: bob@example.com                        of which one may go on
//	Message-ID: <1@example.edu>
//	MIME-Version: 1.0                          and MIME's (RFC 2045), which say
//	Content-Type: text/plain; charset=utf-8    what the body is
//	Content-Transfer-Encoding: base64          and how it was made ASCII
//	                                           an empty line
//	5L2g5aW9DQo=                               the body
//
// [Message.Fields] takes it apart, down to the parts of its parts, and decodes
// them, when somebody looks: a mailbox that goes by costs no decoding.
//
// The same message is seen several times on its way: handed in, passed on from
// server to server, fetched in the end. Its Message-ID stays what it was, and is
// the Story of the messages on the network that bring it.
package mail
