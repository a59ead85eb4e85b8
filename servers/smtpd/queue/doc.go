// Package queue is where mail waits until it could be handed on: a folder with a
// file for each message, and a schedule by which delivery is tried again.
//
// SMTP hands on responsibility. A server that has answered 250 to a message must
// deliver it or say that it could not (RFC 5321 §4.2.5, §6.1), also if it is
// switched off in the next moment. So [Queue.Add] returns only once the message
// and its envelope are on the disk, and what is on the disk is removed only once
// every recipient has the message or the sender has a notice that one does not.
//
// A file has three parts:
//
//	{"id":"6QXJ…","from":"alice@example.edu","to":["bob@example.com"],…}   the envelope
//	Received: from alice (192.0.2.11)                                      the message,
//	…                                                                      512 octets
//	{"at":"…","to":[0],"state":"sending"}                                  what became of it
//	{"at":"…","to":[0],"state":"deferred","attempts":1,"next":"…","reply":"421 4.3.2 …"}
//
// It is written in the folder tmp, brought to the disk, and then gets its name in
// messages, which says where the message ends: 6QXJ…,S=512. What becomes of the
// message is added to its end, a line for each event. A crash can cut off the last
// line, and this is then as if the event had not happened. When nothing is left to
// do, the file is removed.
//
// A tour:
//
//	q, err := queue.Open("queue", queue.Config{Hostname: "mail.example.edu"})
//	id, err := q.Add(ctx, queue.Envelope{From: "alice@example.edu", To: to}, message)
//	err = q.Run(ctx, deliverer)       // delivers until ctx ends
//	for _, e := range q.List() { … }  // what waits, and why
//
// queue.go is the store, file.go a message's file, list.go what an operator can see
// and do; agent.go hands messages to a
// [Deliverer], a few at a time for each domain; outcome.go notes what became of
// them; schedule.go says when to try again; bounce.go writes to the sender.
//
// # Once, or twice
//
// A message is lost never. Twice it can arrive in one case: the next server has
// taken it, and we die before its 250 has reached us or before we have noted it.
// No protocol between two can avoid this, and SMTP prefers a second copy to none
// (RFC 5321 §6.1, RFC 1047). The time for it is kept short: the note "sending" is
// written before the dot that ends the message is sent. A queue that finds one
// without an outcome tries again, says so in its log and counts it
// ([Queue.InDoubt]). Local mailboxes know the identifier of each delivery, and
// take none twice.
package queue
