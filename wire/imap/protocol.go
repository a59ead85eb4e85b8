package imap

import (
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Protocol is IMAP, on its usual port and wherever a server greets as IMAP's do.
var Protocol = dissect.Protocol{
	Name:  "IMAP",
	TCP:   []uint16{143},
	Sniff: sniff,
	New:   func() any { return dissector{} },
	Keys:  keys(),
}

type dissector struct{}

// Stream returns the readers of commands and of replies.
func (dissector) Stream(s *dissect.Stream) (client, server func(*dissect.Reader)) {
	d := &dialogue{lost: s.Midway, greeted: s.Midway}
	return d.commands, d.replies
}

// sniff knows a server by its greeting (RFC 9051 §7.1).
func sniff(fromClient bool, start []byte) dissect.Guess {
	guess := dissect.No
	for _, greeting := range [...]string{"* OK ", "* PREAUTH ", "* BYE "} {
		switch {
		case fromClient:
		case strings.HasPrefix(string(start), greeting):
			return dissect.Yes
		case strings.HasPrefix(greeting, string(start)):
			guess = dissect.Perhaps
		}
	}
	return guess
}
