// Package imapd is an IMAP server: its users read their mail where it lies, in
// the folders of a [mailbox.Store].
//
// POP3 carries the mail away, and what a user does with it then is known to one
// of his computers only. With IMAP it stays on the server, in folders that he
// makes, with flags that say what was read and answered, and all his programs
// see the same. They fetch what they show: a list of subjects, one part of a
// message, the first kilobyte of a picture. The server searches, and tells of new
// mail while the client waits (IDLE).
//
// The client numbers its commands with a tag of its own, and may send the next
// before the last is done. Lines that begin with "*" say something that belongs
// to no command, and "+" asks for more.
//
//	$ nc mail.example.edu 143
//	* OK [CAPABILITY IMAP4rev1 …] IMAP server ready
//	a LOGIN alice alice
//	a OK [CAPABILITY IMAP4rev1 …] Logged in
//	b SELECT INBOX
//	* 2 EXISTS
//	* 1 RECENT
//	* OK [UNSEEN 2] First unseen message
//	* OK [UIDVALIDITY 1772442000] UIDs valid
//	* OK [UIDNEXT 3] Predicted next UID
//	* FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Forwarded)
//	* OK [PERMANENTFLAGS (\Answered …)] Permanent flags
//	b OK [READ-WRITE] SELECT completed
//	c FETCH 2 (FLAGS BODY[HEADER.FIELDS (SUBJECT)])
//	* 2 FETCH (FLAGS (\Seen) BODY[HEADER.FIELDS ("SUBJECT")] {18}
//	Subject: lunch
//
//	)
//	c OK FETCH completed
//	d STORE 2 +FLAGS (\Flagged)
//	* 2 FETCH (FLAGS (\Flagged \Seen))
//	d OK STORE completed
//	e SEARCH FROM bob UNANSWERED
//	* SEARCH 1 2
//	e OK SEARCH completed
//	f LOGOUT
//	* BYE Logging out
//	f OK LOGOUT completed
//
// A session goes through the states of RFC 9051 §3: not authenticated,
// authenticated, selected, logout. Messages have two numbers. The sequence number
// counts from 1 without gaps, so it changes when a message before it is expunged;
// the server may say so only at certain moments, lest a number mean one message
// when it is sent and another when it arrives (RFC 9051 §7.5.1). The UID never
// changes.
//
// A tour: [Server.Serve] listens. The syntax and the states are those of
// github.com/emersion/go-imap/v2; session.go is what it calls, and has the login.
// folders.go has the commands on folders, list.go says which of them a pattern
// means. view.go is the selected folder as the client knows it, and tells the
// client what changed; messages.go changes flags, copies, moves and expunges.
// fetch.go hands out messages, structure.go finds the parts in one, section.go
// and envelope.go tell of them. search.go looks for messages, text.go in their
// texts. wire.go is the connection, with its deadlines.
//
// # Decisions
//
// To open a folder no message is read: flags and sizes are in the names of files
// (see mailbox). Of a message no more is in memory than its header and where its
// parts are; the text goes from the file to the connection.
//
// A connection has its own view of the folder, compared with what is there after
// each command. There is nothing that sessions share but the store, so another
// program may change it, too.
//
// It follows RFC 3501 (IMAP4rev1), with these of its extensions, most of which
// are part of RFC 9051 (IMAP4rev2): RFC 2177 (IDLE), RFC 2342 (NAMESPACE), RFC 3691
// (UNSELECT), RFC 4315 (UIDPLUS), RFC 4731 (ESEARCH), RFC 4959 (SASL-IR), RFC 5161
// (ENABLE), RFC 5182 (SEARCHRES), RFC 5258 and RFC 5819 (LIST-EXTENDED, LIST-STATUS),
// RFC 6154 (SPECIAL-USE), RFC 6851 (MOVE), RFC 7888 (LITERAL-), RFC 8438
// (STATUS=SIZE). In the book it is Kurose & Ross §2.3.
package imapd
