// Package imapc is an IMAP client: it reads mail where it lies, and leaves it there.
//
//	client := imapc.Client{}
//	session, err := client.Dial(ctx, "mail.example.edu")
//	…
//	defer session.Close()
//	err = session.Login("alice", "alice")
//	inbox, err := session.Select("INBOX")
//	messages, err := session.Messages(1, inbox.Messages)
//	parts, err := session.Structure(messages[0].UID)
//	err = session.Fetch(messages[0].UID, "2", picture) // the second part, and no other
//	err = session.Logout()
//
// With POP3 a message has a number, and can be fetched and deleted (Kurose & Ross
// §2.3). Here it lies in a folder, has flags that all of the user's machines see,
// and parts that can be fetched one at a time; the server searches, and says of
// itself that a message has come. This is how such a session looks:
//
//	S: * OK [CAPABILITY IMAP4rev1 MOVE IDLE] ready
//	C: a1 LOGIN alice ********
//	S: a1 OK logged in
//	C: a2 SELECT INBOX
//	S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
//	S: * 2 EXISTS
//	S: * OK [UIDVALIDITY 1772442000]
//	S: a2 OK [READ-WRITE] selected
//	C: a3 UID FETCH 17 (BODY.PEEK[1])
//	S: * 1 FETCH (UID 17 BODY[1] {8}
//	S: At noon?)
//	S: a3 OK done
//
// A command begins with a tag, and the reply to it with the same. In between, and at
// any other time, the server says with * what it knows. {8} is that eight bytes
// follow, whatever they are; so no dots need to be stuffed.
//
// client.go connects; session.go sends a command and reads up to its reply,
// responses.go what comes in between; parser.go reads what responses are made of
// (value.go), command.go writes what commands are. login.go, folders.go, messages.go (FETCH),
// structure.go, search.go, change.go and idle.go have the commands; utf7.go is how
// the names of folders are written.
//
// It follows RFC 3501, which all servers know, and of RFC 9051, IMAP4rev2, what is
// the same; RFC 2177 (IDLE), RFC 4315 (UID EXPUNGE), RFC 4616 (PLAIN), RFC 4959
// (SASL-IR), RFC 6851 (MOVE), RFC 8314 (TLS from the first byte).
package imapc
