// Package pop3c is a POP3 client: it fetches a user's mail from the server on
// which it waits.
//
//	client := pop3c.Client{}
//	session, err := client.Dial(ctx, "mail.example.com")
//	…
//	defer session.Close()
//	err = session.Login("alice", "alice")
//	result, err := session.DownloadAndDelete(save)
//
// The book contrasts two ways to fetch mail (Kurose & Ross §2.3): a program that
// downloads and deletes, after which no other machine can read those messages,
// and one that downloads and keeps. [Session.DownloadAndDelete] and
// [Session.DownloadAndKeep] are these two. The server remembers nothing from one
// session to the next, so that the second must itself remember what it has seen:
// [Seen] does, by the unique-ids that UIDL tells.
//
// Below them are the commands, one method each. client.go connects; session.go
// sends a command and reads the reply; commands.go has what a user who has logged
// in can ask for, login.go how he logs in; download.go the two ways.
//
// It follows RFC 1939, RFC 2449 (CAPA), RFC 2595 §4 (STLS), RFC 4616 and RFC 5034
// (AUTH PLAIN), RFC 8314 (TLS from the first byte).
package pop3c
