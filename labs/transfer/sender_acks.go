package transfer

import (
	"fmt"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// unimpressed fills the window, has the sender get something that acknowledges
// nothing, and judges that it sends no new packet for it, and none again before its
// timer is over.
func (s *sending) unimpressed(mistake string, say func()) {
	s.fill()
	s.drain()
	timer, had, soon := s.gap, len(s.sent), 0
	for soon < 3 {
		said := time.Now()
		late := said.Sub(s.last.Time) > timer/2 // then the timer may be over just now
		say()
		s.repeats(mistake, had)
		if late || s.last.Time.Sub(said) > timer/3 {
			break
		}
		soon++
	}
	if soon == 3 {
		s.t.Wrong(check.Mistake{Name: "transfer.resends-at-once", Datagram: s.last, Offset: 1, Length: 1, Book: s.Book})
	}
	s.repeats(mistake, had)
	s.finish()
}

// repeats waits until the sender sends its oldest packet again; for a new one
// there is no reason.
func (s *sending) repeats(mistake string, had int) {
	for {
		i, end := s.await()
		wrong := check.Mistake{Name: mistake, Datagram: s.last, Offset: 1, Length: 1, Book: s.Book}
		if end == check.Exited && !s.p.Crashed() && (s.times[s.next] > 2 || mistake != "transfer.took-ack-before-first") {
			wrong = s.gaveUp()
		}
		if end == check.Exited && !s.p.Crashed() || len(s.sent) > had {
			s.t.Wrong(wrong)
		}
		s.t.Await(end, check.Mistake{Name: "transfer.no-retransmission", Datagram: s.last, Book: s.Book})
		if i == s.next {
			return
		}
	}
}

// oldAck repeats the ACK of a packet that was acknowledged before.
func (proto Protocol) oldAck(t *check.T) {
	s := proto.start(t, size(t, 2*proto.Window+4))
	s.settle(2)
	s.unimpressed("transfer.took-old-ack", func() { s.ack(s.next - 1) })
}

// settle accepts packets until n are acknowledged, and the sender knows it.
func (s *sending) settle(n int) {
	for s.next < n {
		s.accept(s.receive(check.Mistake{Name: "transfer.nothing-sent"}))
	}
}

// beforeFirst has the receiver say, before it has got anything, that the last was
// the one before number 0.
func (proto Protocol) beforeFirst(t *check.T) {
	s := proto.start(t, size(t, 2*proto.Window+2))
	s.unimpressed("transfer.took-ack-before-first", func() { s.d.Reply(s.last, pack(typeAck, proto.Modulus-1, nil)) })
}

// corruptAck damages an ACK for all that was sent.
func (proto Protocol) corruptAck(t *check.T) {
	s := proto.start(t, size(t, 2*proto.Window+2))
	s.unimpressed("transfer.took-corrupt-ack", func() {
		right := pack(typeAck, (len(s.sent)-1)%proto.Modulus, nil)
		s.d.Reply(s.last, damaged(right, 2+t.Rand.IntN(2)))
	})
}

// cumulative acknowledges several packets by one ACK.
func (proto Protocol) cumulative(t *check.T) {
	s := proto.start(t, size(t, 4*proto.Window))
	s.fill()
	s.drain()
	upTo := min(2+t.Rand.IntN(3), len(s.sent)-1)
	s.next = upTo + 1
	s.ack(upTo)
	for had, again := len(s.sent), false; len(s.sent) == had || !again; { // until it has read the ACK, and sent again what is left
		i := s.receive(check.Mistake{Name: "transfer.not-cumulative", Args: map[string]any{"Number": upTo}})
		again = len(s.sent) > had && i == upTo+1
		if len(s.sent) == had && i == upTo+1 {
			s.ack(upTo)
		}
	}
	for again := 0; again < 2; {
		i := s.receive(check.Mistake{Name: "transfer.no-retransmission"})
		if i == s.next {
			again++
		}
		if i <= upTo {
			t.Wrong(check.Mistake{
				Name: "transfer.resends-acknowledged", Args: map[string]any{"Number": upTo}, Datagram: s.last, Offset: 1, Length: 1,
				Expected: fmt.Sprint(upTo + 1), Actual: fmt.Sprint(i), Book: proto.Book,
			})
		}
	}
	s.finish()
}

// timer looks how soon a packet is sent again. One that is late may be late
// because of the machine, so all must be too soon.
func (proto Protocol) timer(t *check.T) {
	s := proto.start(t, size(t, 1))
	var last time.Time
	soon := 0
	const tooSoon, tries = 100 * time.Millisecond, 4
	for n := 0; n < tries; {
		if i := s.receive(check.Mistake{Name: "transfer.no-retransmission"}); i != 0 {
			continue
		}
		if !last.IsZero() && s.last.Time.Sub(last) < tooSoon {
			soon++
		}
		last = s.last.Time
		n++
	}
	if soon == tries-1 {
		t.Wrong(check.Mistake{Name: "transfer.impatient", Datagram: s.last, Book: "§3.5.3"})
	}
}

// givesUp has nobody answer.
func (proto Protocol) givesUp(t *check.T) {
	s := proto.start(t, size(t, 1))
	end := check.Done
	for end == check.Done && s.times[0] < 2*tries {
		_, end = s.await()
	}
	switch {
	case end != check.Exited:
		t.Wrong(check.Mistake{Name: "transfer.never-gives-up", Datagram: s.last, Book: proto.Book})
	case s.p.Crashed():
		t.Await(end, check.Mistake{Name: "transfer.gives-up-early", Datagram: s.last})
	case s.times[0] < tries:
		t.Wrong(s.gaveUp())
	case strings.TrimSpace(s.p.Output()) == "":
		t.Wrong(check.Mistake{Name: "transfer.gives-up-silently", Datagram: s.last})
	}
}

// tries are how often a sender sends before it gives up.
const tries = 10
