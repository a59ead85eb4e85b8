package transfer

import (
	"fmt"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

func (proto Protocol) sends(t *check.T) { proto.start(t, size(t, 5)).finish() }

func (proto Protocol) sendsEmpty(t *check.T) { proto.start(t, 0).finish() }

func (proto Protocol) sendsLong(t *check.T) { proto.start(t, size(t, proto.Modulus+14)).finish() }

// fill receives packets without a word until one comes a second time: then it is
// known how many the sender sends without an ACK.
func (s *sending) fill() {
	for {
		before := len(s.sent)
		i := s.receive(check.Mistake{Name: "transfer.no-retransmission"})
		if out := len(s.sent) - s.next; out > s.Window {
			m := check.Mistake{Name: "transfer.window-exceeded", Args: map[string]any{"Window": s.Window}, Datagram: s.last, Offset: 1, Length: 1, Book: s.Book}
			if s.Window == 1 {
				m.Name = "transfer.does-not-wait"
			}
			s.t.Wrong(m)
		}
		if len(s.sent) == before && i >= s.next {
			return
		}
	}
}

// window judges that the sender sends as much as the window allows, and no more.
func (proto Protocol) window(t *check.T) {
	s := proto.start(t, size(t, 2*proto.Window+2))
	s.fill()
	m := check.Mistake{
		Name: "transfer.window-not-filled", Datagram: s.last, Offset: 1, Length: 1, Book: proto.Book,
		Expected: fmt.Sprint(proto.Window), Actual: fmt.Sprint(len(s.sent)), Args: map[string]any{"Window": proto.Window, "Sent": len(s.sent)},
	}
	if len(s.sent) < proto.Window {
		if len(s.sent) == 1 {
			m.Name = "transfer.stop-and-wait"
		}
		t.Wrong(m)
	}
	if proto.Window > 1 {
		s.slides()
	}
	s.finish()
}

// slides judges that an ACK of the oldest packet lets a new one be sent at once,
// and not only when its timer is over or all others have been acknowledged.
func (s *sending) slides() {
	const tries = 3 // the timer may be over just then
	for range tries {
		s.drain()
		had, oldest := len(s.sent), s.next
		s.next++
		s.ack(oldest)
		for i := oldest; i <= oldest; {
			i = s.receive(check.Mistake{Name: "transfer.stops", Args: map[string]any{"Number": oldest % s.Modulus}})
		}
		if len(s.sent) > had {
			return
		}
	}
	s.t.Wrong(check.Mistake{Name: "transfer.window-stands", Args: map[string]any{"Window": s.Window}, Datagram: s.last, Offset: 1, Length: 1, Book: s.Book})
}

// drain receives what is on its way, when the sender has begun to send again.
func (s *sending) drain() {
	s.p.Rest(100 * time.Millisecond)
	for !s.d.Empty() {
		s.await()
	}
}

// lostData has a packet lost, and its first repetition, too. With a window, all
// that follow it must be sent again.
func (proto Protocol) lostData(t *check.T) {
	s := proto.start(t, size(t, 2*proto.Window+3))
	first := 1 + t.Rand.IntN(3)
	for s.next < first {
		s.accept(s.receive(check.Mistake{Name: "transfer.stops", Args: map[string]any{"Number": (s.next + proto.Modulus - 1) % proto.Modulus}}))
	}
	repeated, had := make(map[int]bool), 0
	for times := 0; times < 3; {
		before := len(s.sent)
		i := s.receive(check.Mistake{Name: "transfer.no-retransmission"})
		if i == first {
			if times++; times == 2 {
				had = before
			}
		}
		if times == 2 && i < before {
			repeated[i] = true
		}
		if i != first {
			s.ack(first - 1)
		}
	}
	for i := first; i < min(had, first+proto.Window); i++ {
		if !repeated[i] {
			t.Wrong(check.Mistake{
				Name: "transfer.resends-one", Args: map[string]any{"First": first % proto.Modulus, "Missing": i % proto.Modulus},
				Datagram: s.last, Offset: 1, Length: 1, Book: proto.Book,
			})
		}
	}
	s.accept(first)
	s.finish()
}

// lostAck has all ACKs lost until the sender has sent a packet again.
func (proto Protocol) lostAck(t *check.T) {
	s := proto.start(t, size(t, proto.Window+3))
	for range t.Rand.IntN(3) {
		s.accept(s.receive(check.Mistake{Name: "transfer.nothing-sent"}))
	}
	for again := false; !again; {
		before := len(s.sent)
		i := s.receive(check.Mistake{Name: "transfer.no-retransmission"})
		if again = i < before; i == s.next {
			s.next++
		}
	}
	s.ack(s.next - 1)
	s.finish()
}

// lostEnd has the end lost, or its ACK: it is a packet like all others.
func (proto Protocol) lostEnd(t *check.T) {
	s := proto.start(t, size(t, 2))
	s.receiveRest(func(i int) {
		if s.ended && i == len(s.sent)-1 {
			for s.times[i] < 2 {
				s.receive(check.Mistake{Name: "transfer.end-not-repeated"})
			}
		}
		s.accept(i)
	})
	s.compare()
	s.leave()
}
