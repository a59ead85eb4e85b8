// Package mailbox is where mail waits until its user fetches it: one store, into
// which the SMTP server delivers, and out of which the POP3 and IMAP servers
// read.
//
// It is a Maildir, the format of D. J. Bernstein's qmail
// (https://cr.yp.to/proto/maildir.html), which needs no server to look at:
//
//	$ find mail/alice
//	mail/alice/tmp                                           messages that are being written
//	mail/alice/new/1772442000.M123P77Q4.mail,S=512,W=512     one that nobody has looked at yet
//	mail/alice/cur/1772441000.M456P77Q3.mail,S=700,W=700:2,S one that was seen
//	mail/alice/.Sent/cur/…                                   a folder, by the rules of Maildir++
//	mail/alice/wirebook-uids                                 the numbers that messages have (see below)
//
// A message is a file. It is written in tmp, brought to the disk (fsync), and
// only then given a name in new, which happens all at once or not at all: nobody
// ever sees half a message, and no reader has to wait for a writer. What is known
// of a message beside its text is in the name: S, its size as stored; W, its size
// with lines ended by CR LF; and after ":2," a letter for each flag. So a mailbox
// is opened by reading names. Other programs (Dovecot, mutt, procmail) may use
// the same folders at the same time.
//
// A tour:
//
//	store, err := mailbox.OpenStore("mail", mailbox.Config{})
//	box, err := store.Open("alice")
//	err = box.Deliver(ctx, "", message)      // nil: it is on the disk
//	inbox, err := box.Folder(mailbox.Inbox)
//	err = inbox.Refresh()                    // see what is there
//	for _, m := range inbox.Messages() {
//		text, err := inbox.Open(m.UID)
//		…
//		err = inbox.SetFlags(m.UID, mailbox.Seen)
//	}
//
// deliver.go brings messages in; name.go reads their names, keywords.go the flags
// in them that users make up; folder.go is one
// session's view of a folder, which refresh.go brings up to date; whole.go reads
// small messages fast; messages.go
// changes what is there; folders.go has the folders of one user.
//
// # Decisions
//
// Messages are stored as they travel, with lines ended by CR LF. What other
// programs put there with LF is turned into CR LF when it is read; POP3 and IMAP
// count octets in this form (RFC 1939 §11). If the name does not tell that size,
// the message is read once, and the journal remembers it.
//
// Every message of a folder has a UID, a number that only grows and never comes
// again, as IMAP needs it (RFC 9051 §2.3.1.1). UIDs are in a journal,
// wirebook-uids, to which a line is added for each message. A journal that is
// lost or damaged is begun anew with another UIDVALIDITY, and clients know then
// that their numbers are void. POP3's unique-id does not depend on the journal:
// it is the file's name.
//
// A delivery may carry an identifier. The same identifier is not delivered twice
// to a mailbox, also after the message was moved or deleted: see
// [Mailbox.Deliver].
//
// Locks between processes are the kernel's (flock), which a crash frees. None is
// held while a message is delivered or read.
package mailbox
