// Package smtpc is an SMTP client: it hands a message to a server, which takes it
// from there (Kurose & Ross §2.3.1).
//
//	client := smtpc.Client{}
//	session, err := client.Dial(ctx, "mail.example.edu:587")
//	…
//	defer session.Close()
//	err = session.Auth("alice", "alice")
//	result, err := session.Send(smtpc.Envelope{
//		From: "alice@example.edu", To: []string{"bob@example.com"},
//	}, message)
//	err = session.Quit()
//
// This is what then goes over the connection:
//
//	S: 220 mail.example.edu ESMTP
//	C: EHLO [192.0.2.11]
//	S: 250-mail.example.edu
//	S: 250-AUTH PLAIN LOGIN
//	S: 250 PIPELINING
//	C: AUTH PLAIN AGFsaWNlAGFsaWNl
//	S: 235 2.7.0 Authentication successful
//	C: MAIL FROM:<alice@example.edu>
//	C: RCPT TO:<bob@example.com>
//	C: DATA
//	S: 250 2.1.0 OK
//	S: 250 2.1.5 OK
//	S: 354 End the message with a dot on a line by itself
//	C: Subject: lunch
//	C:
//	C: At noon?
//	C: .
//	S: 250 2.0.0 Accepted
//	C: QUIT
//	S: 221 2.0.0 Bye
//
// With 250 after the dot the message is the server's: it delivers it, or tells the
// sender that it could not. Before that it is the client's. A client that loses the
// connection while it waits for this one reply cannot know which; it sends the
// message again, and perhaps it arrives twice (RFC 5321 §4.5.3.2.6).
//
// The envelope is what MAIL and RCPT say. The header of the message may say
// something else, and no server compares the two: blind copies are made like this,
// and so is mail from false senders.
//
// client.go connects; session.go sends a line and reads what the server says to it
// (package protocol/smtp); commands.go has a method for each command, login.go those for AUTH and
// STARTTLS; send.go is a message from MAIL to the dot, with as many commands ahead
// as the server allows.
//
// It follows RFC 5321, RFC 1870 (SIZE), RFC 2034 and RFC 3463 (enhanced status
// codes), RFC 2920 (PIPELINING), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 6152
// (8BITMIME), RFC 6531 (SMTPUTF8), RFC 8314 (TLS from the first byte).
package smtpc
