// Package letter is a message as its reader and its writer see it: from whom and to
// whom, a subject, a text in any script, and files. SMTP, POP3 and IMAP carry
// lines of ASCII, of which they understand very little; how all else is made of
// such lines is what this package is about.
//
//	From: Alice <alice@example.edu>                          the header (RFC 5322)
//	To: =?utf-8?b?546L5bCP5piO?= <xiaoming@example.cn>       a name that is not ASCII (RFC 2047)
//	Subject: =?utf-8?b?5Y2I6aWt?=
//	Date: Tue, 01 Sep 2026 12:00:00 +0000
//	Message-ID: <dqhs2n1v4p3o6m8k7c5r@example.edu>           no other message has this one
//	MIME-Version: 1.0
//	Content-Type: multipart/mixed; boundary=7f3a…            several parts (RFC 2046)
//
//	--7f3a…
//	Content-Type: text/plain; charset=utf-8                  the first: a text,
//	Content-Transfer-Encoding: base64                        and how it was made ASCII (RFC 2045)
//
//	5Lit5Y2I5LiA6LW35ZCD6aWt5ZCX77yfDQo=
//	--7f3a…
//	Content-Type: image/png                                  the second: a file (RFC 2183)
//	Content-Transfer-Encoding: base64
//	Content-Disposition: attachment; filename=menu.png
//
//	iVBORw0KGgoAAAANSUhEUgAAAAgAAAAIAQMAAAD+wSzI…
//	--7f3a…--
//
// [Letter.Write] writes one, write.go and header.go. [Read] goes through the parts
// of one, [ReadHeader] reads its header, and [Decode] undoes what was done to one
// part, for those who have fetched no other (IMAP can): read.go.
//
// Parts have the numbers that IMAP gives them (RFC 9051 §6.4.5.1): 1, 2, and 2.1
// for the first part of a second that has parts itself.
package letter
