// Package imap dissects IMAP: RFC 9051 and, before it, RFC 3501, with the
// extensions that are in use (RFC 7888). The book: section 2.3.3.
//
//	S: * OK IMAP4rev2 ready
//	C: a1 LOGIN bob ********           each command begins with a tag;
//	S: a1 OK logged in                 the last of its replies has it, too
//	C: a2 SELECT INBOX
//	S: * 2 EXISTS                      untagged replies are data, or news
//	S: a2 OK [READ-WRITE] done
//	C: a3 FETCH 1 (FLAGS BODY[])
//	S: * 1 FETCH (FLAGS (\Seen) BODY[] {498}
//	S: From: alice@example.edu         a literal: so many bytes, as they are
//	S: …)
//	S: a3 OK done
//
// A command is a message with all its literals, for which the client may have to
// wait until the server says "+"; so is each reply. A mail in a literal is taken
// apart by package mail. Replies without a tag answer the oldest command that goes
// on, but during IDLE they are news.
//
// After STARTTLS and OK nobody but the two can read on: one message says so.
// LOGIN's password and what AUTHENTICATE sends are hidden.
package imap
