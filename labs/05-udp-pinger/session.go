package udppinger

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// session is a run of the program: what it sent, until it had ended, or rested.
type session struct {
	t        *check.T
	p        *check.Program
	d        *check.Datagrams
	sent     []*check.Datagram
	answered [pings + 2]atomic.Bool // by the pings' numbers, from 1 on
	end      check.End
}

// never is the delay of a reply that does not come.
const never = -1

// play starts the program and answers each ping after the delay that its number,
// from 1 on, has; at once if it has none.
func play(t *check.T, delays map[int]time.Duration) *session {
	return serve(t, func(s *session, n int) {
		if delay := delays[n]; delay != never {
			s.answer(n, delay)
		}
	})
}

// serve starts the program and tells of each ping as it comes.
func serve(t *check.T, came func(s *session, n int)) *session {
	s := &session{t: t, d: t.AcceptUDP()}
	s.p = t.Start(nil)
	for len(s.sent) <= pings {
		g, end := s.d.Receive()
		if s.end = end; end != check.Done {
			break
		}
		s.sent = append(s.sent, g)
		came(s, len(s.sent))
	}
	return s
}

// answer replies to a ping as the assignment's server does.
func (s *session) answer(n int, delay time.Duration) {
	g := s.sent[n-1]
	reply := func() {
		s.answered[n].Store(true)
		s.d.Reply(g, bytes.ToUpper(g.Data))
	}
	if delay == 0 {
		reply()
		return
	}
	time.AfterFunc(delay, reply)
}

// whole judges that ten pings were sent, and that nothing broke after them.
// unanswered is what is wrong with a program that waits for ever.
func (s *session) whole(unanswered check.Mistake) {
	if len(s.sent) == 0 {
		s.t.Accepted(s.end, check.Mistake{Name: "nothing-sent", Book: book})
	}
	last := s.sent[len(s.sent)-1]
	switch n := len(s.sent); {
	case n < pings && s.end == check.Exited && s.firstUnanswered() == n && !s.p.Crashed():
		s.t.Wrong(check.Mistake{Name: "stops-on-loss", Datagram: last, Book: book, Expected: sentPings(pings), Actual: sentPings(n)})
	case n < pings && s.end != check.Exited:
		unanswered.Datagram, unanswered.Expected, unanswered.Actual = last, sentPings(pings), sentPings(n)
		s.t.Await(s.end, unanswered)
	case n < pings:
		s.t.Await(s.end, check.Mistake{Name: "count", Datagram: last, Book: book, Expected: sentPings(pings), Actual: sentPings(n)})
	case n > pings:
		s.t.Wrong(check.Mistake{Name: "count", Datagram: last, Book: book, Expected: sentPings(pings), Actual: check.Say("udp-pinger.more", "Pings", pings)})
	case s.p.Crashed():
		unanswered.Datagram = last
		s.t.Await(check.Exited, unanswered)
	}
	if s.end != check.Exited {
		s.t.Remark("does-not-end")
	}
}

// firstUnanswered is the number of the first ping without a reply.
func (s *session) firstUnanswered() int {
	n := 1
	for n < len(s.answered)-1 && s.answered[n].Load() {
		n++
	}
	return n
}

// gap is the time from a ping to the next one.
func (s *session) gap(n int) time.Duration { return s.sent[n].Time.Sub(s.sent[n-1].Time) }

func sentPings(n int) check.Words { return check.Say("udp-pinger.pings", "Pings", n) }
