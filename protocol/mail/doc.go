// Package mail is what the protocols of electronic mail have in common: lines
// that end in CR LF, and a text of many lines that ends in a line with nothing
// but a dot.
//
// SMTP's DATA (RFC 5321 §4.5.2) and POP3's multi-line responses (RFC 1939 §3)
// send a message in the same way. A line that is a dot ends it; so that a
// message can have such a line, every line that begins with a dot gets one more,
// which the receiver takes off. This is dot-stuffing:
//
//	the message             on the wire
//
//	Hello.                  Hello.
//	.                       ..
//	.forward is a file.     ..forward is a file.
//	                        .
//
// [DotWriter] writes a message so, and [DotReader] reads it back, to the byte.
//
// Only CR LF ends a line. If sender and receiver do not agree about this, one
// of them can see the end of a message where the other sees text, and what
// follows as commands: a stranger can then smuggle in a second message with a
// sender of his choice. That is why DotReader ends a text at CR LF . CR LF and
// at nothing like it (RFC 5321 §2.3.8, §4.1.1.4), and why DotWriter never sends
// an LF alone. [CRLFReader] is for what other systems end lines with.
package mail
