package check

import (
	"context"
	"regexp"
	"time"
)

// Kind is what the program is: of an exercise with two programs, Server or Client.
func (t *T) Kind() Kind { return t.setup.kind }

// findKind finds out which of an exercise's two programs this is: the server,
// if it listens, however it is started.
func (s *setup) findKind(ctx context.Context) Kind {
	s.kind = Server
	ways := s.ways()
	for way, ok := ways.next(); ok; way, ok = ways.next() {
		s.arguments = way
		r, again := s.try(ctx)
		if r == nil {
			if s.speaksFirst(ctx) {
				return Client
			}
			return Server
		}
		if !again {
			break
		}
		ways.hear(s.lab, s.said)
	}
	return Client
}

// speaksFirst reports whether a program that was taken for a server is a client
// after all. A listening TCP socket is proof, but a UDP socket has a port on
// either side; so the program is watched where even 127.0.0.1 leads to others: the
// client is the one that sends without having been asked.
func (s *setup) speaksFirst(ctx context.Context) bool {
	if !s.miniature {
		return false
	}
	s.kind = Client
	defer func() { s.kind = Server }()
	speaks := false
	c := Case{Name: "start", Limit: 15 * time.Second, Run: func(t *T) {
		p := t.Start(nil)
		for t.waiting() == Done && !speaks && (p.idle() < speakingTakes || !p.bound()) {
			if _, listens := p.listens("tcp"); listens {
				return
			}
			speaks = len(t.Tried()) > 0
			time.Sleep(poll / 5)
		}
		// A socket has a port, too, after a send() that failed. A server of 127.0.0.1
		// cannot be bound here.
		speaks = speaks || len(t.Tried()) > 0 || p.hasEnded() && p.Crashed() && !noSuchAddress.MatchString(p.Output())
	}}
	s.newT(&c).run(ctx)
	return speaks
}

var noSuchAddress = regexp.MustCompile(`(?i)assign requested address|EADDRNOTAVAIL`)

// speakingTakes is how long a program with a UDP socket may do nothing before its
// first datagram. Somebody who types has to be waited for.
const speakingTakes = 1500 * time.Millisecond

// bound reports whether the program has a UDP socket to receive from everybody.
func (p *Program) bound() bool {
	_, ok := p.listens("udp")
	return ok
}
