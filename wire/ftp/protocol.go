package ftp

import (
	"bytes"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Protocol is FTP's control connection, on its usual ports and wherever a
// server greets as FTP's do. The data connections are announced there.
var Protocol = dissect.Protocol{
	Name:  "FTP",
	TCP:   []uint16{21, 2121},
	Sniff: sniff,
	New:   func() any { return dissector{} },
	Keys:  keys(),
}

// Data is the protocol of data connections, as a message shows it.
const Data = "FTP-DATA"

type dissector struct{}

// Stream returns the readers of commands and of replies.
func (dissector) Stream(s *dissect.Stream) (client, server func(*dissect.Reader)) {
	d := &dialogue{stream: s, lost: s.Midway, greeted: s.Midway}
	return d.commands, d.replies
}

// sniff knows a server by its greeting, which has the word FTP in it nearly
// always. Mail servers begin with 220, too.
func sniff(fromClient bool, start []byte) dissect.Guess {
	const greeting = "220"
	if fromClient {
		return dissect.No
	}
	if n := min(len(start), len(greeting)); string(start[:n]) != greeting[:n] {
		return dissect.No
	}
	line, _, whole := bytes.Cut(bytes.ToUpper(start), []byte("\n"))
	switch {
	case bytes.Contains(line, []byte("SMTP")):
		return dissect.No
	case bytes.Contains(line, []byte("FTP")) && (whole || len(line) >= enoughToTell):
		return dissect.Yes
	case whole:
		return dissect.No
	}
	return dissect.Perhaps
}

// enoughToTell is how much of a greeting is looked at: "220 ftp.example.com
// ESMTP" is no FTP server.
const enoughToTell = 60
