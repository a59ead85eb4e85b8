// Package durable is what servers do with files that must not be lost or spoilt,
// whatever moment they are killed at, or the power fails: leases, mailboxes, a mail
// queue. A system keeps what is written in memory for a while, the names in a
// folder apart from the content of its files. So a new file is safe after three
// steps:
//
//	write      the content, under a name that nobody looks for
//	fsync      the content is on the disk
//	rename     the file has its name, complete or not at all
//	fsync      of the folder: the name is on the disk, too
//
// [Replace] takes them all; [SyncFolder] is the last. [Folders] shares it among those
// that come together. [Lock] keeps a second process out of a folder, and is freed
// by the system however the first one ends. [AppendLine] and [Line] are for files to
// which lines are only added.
package durable
