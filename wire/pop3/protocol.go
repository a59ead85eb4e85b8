package pop3

import (
	"github.com/wirebook/wirebook/wire/dissect"
)

// Protocol is POP3, on its usual port and wherever a server greets as POP3's do.
var Protocol = dissect.Protocol{
	Name:  "POP3",
	TCP:   []uint16{110},
	Sniff: sniff,
	New:   func() any { return dissector{} },
	Keys:  keys(),
}

type dissector struct{}

// Stream returns the readers of commands and of replies.
func (dissector) Stream(s *dissect.Stream) (client, server func(*dissect.Reader)) {
	d := &dialogue{lost: s.Midway, greeted: s.Midway, state: authorization}
	return d.commands, d.replies
}

// sniff knows a server by its greeting.
func sniff(fromClient bool, start []byte) dissect.Guess {
	const greeting = "+OK"
	n := min(len(start), len(greeting))
	switch {
	case fromClient || string(start[:n]) != greeting[:n]:
		return dissect.No
	case n < len(greeting):
		return dissect.Perhaps
	}
	return dissect.Yes
}
