package smtp

import (
	"bytes"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Protocol is SMTP: between servers on port 25, and from user agents on port 587,
// and wherever a server greets as SMTP's do.
var Protocol = dissect.Protocol{
	Name:  "SMTP",
	TCP:   []uint16{25, 587, 2525},
	Sniff: sniff,
	New:   func() any { return dissector{} },
	Keys:  keys(),
}

type dissector struct{}

// Stream returns the readers of commands and of replies.
func (dissector) Stream(s *dissect.Stream) (client, server func(*dissect.Reader)) {
	d := &dialogue{lost: s.Midway, greeted: s.Midway, synced: !s.Midway}
	return d.commands, d.replies
}

// sniff knows a server by its greeting, which has SMTP in it: FTP's begins with
// 220, too.
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
		return dissect.Yes
	case whole:
		return dissect.No
	}
	return dissect.Perhaps
}
