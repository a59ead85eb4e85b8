package http

import (
	"bytes"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Protocol is HTTP, on its usual ports and wherever a conversation starts like
// it.
var Protocol = dissect.Protocol{
	Name:  "HTTP",
	TCP:   []uint16{80, 8000, 8080, 8888},
	Sniff: sniff,
	New:   func() any { return dissector{} },
	Keys:  keys(),
}

type dissector struct{}

// Stream returns the readers of requests and of responses.
func (dissector) Stream(s *dissect.Stream) (client, server func(*dissect.Reader)) {
	d := &dialogue{midway: s.Midway}
	return d.requests, d.responses
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

// sniff knows a request by its method, and a response by its version.
func sniff(fromClient bool, start []byte) dissect.Guess {
	if !fromClient {
		return begins(start, "HTTP/")
	}
	guess := dissect.No
	for _, method := range methods {
		guess = max(guess, begins(start, method+" "))
	}
	return guess
}

func begins(start []byte, with string) dissect.Guess {
	switch {
	case len(start) >= len(with) && string(start[:len(with)]) == with:
		return dissect.Yes
	case len(start) < len(with) && bytes.HasPrefix([]byte(with), start):
		return dissect.Perhaps
	}
	return dissect.No
}
