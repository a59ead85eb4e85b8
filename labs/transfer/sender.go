package transfer

import (
	"bytes"
	"fmt"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// sending is the tester as the receiver of what a sender under judgement sends.
// Packets are counted from 0 on without end; their numbers are modulo proto.Modulus.
type sending struct {
	Protocol
	t       *check.T
	d       *check.Datagrams
	p       *check.Program
	content []byte

	next   int         // the first packet that has not come
	sent   [][]byte    // the packets' data, as first sent
	times  map[int]int // how often each has come
	cameAt map[int]time.Time
	gap    time.Duration // between the last two of one packet
	ended  bool          // the last of them is the file's end
	last   *check.Datagram
}

// start starts a sender with a file of that many bytes.
func (proto Protocol) start(t *check.T, size int) *sending {
	s := &sending{Protocol: proto, t: t, d: t.AcceptUDP(), content: t.Bytes(size), times: make(map[int]int), cameAt: make(map[int]time.Time)}
	t.WriteFile(Input, s.content)
	s.p = t.Start(check.Values{"file": Input})
	return s
}

// size is that of a file of some packets and a part of one.
func size(t *check.T, packets int) int { return packets*mostData + 1 + t.Rand.IntN(mostData-1) }

// receive waits for the sender's next packet, judges its form, and returns which
// it is; m is what is wrong if none comes.
func (s *sending) receive(m check.Mistake) int {
	i, end := s.await()
	m.Datagram, m.Book = s.last, s.Book
	switch {
	case s.last == nil:
		s.t.Accepted(end, m)
	case end == check.Exited && !s.p.Crashed(): // it has given up, in whatever way
		if m.Name == "transfer.no-retransmission" && s.times[s.next] > 1 {
			m = s.gaveUp()
		}
		s.t.Wrong(m)
	}
	s.t.Await(end, m)
	return i
}

// gaveUp is the mistake of a sender that has ended after some tries, and too few.
func (s *sending) gaveUp() check.Mistake {
	return check.Mistake{Name: "transfer.gives-up-early", Args: map[string]any{"Tries": s.times[s.next]}, Datagram: s.last, Book: s.Book}
}

// await is receive for those who have other plans if nothing comes.
func (s *sending) await() (int, check.End) {
	g, end := s.d.Receive()
	if end != check.Done {
		return 0, end
	}
	s.last = g
	s.judge(s.t, g, typeData)
	return s.take(g), check.Done
}

// take finds out which packet a datagram is, and keeps it if it is the first time
// that it comes. A packet that has come before must be the same.
func (s *sending) take(g *check.Datagram) int {
	data := g.Data[headerLen:]
	i := s.index(int(g.Data[1]))
	wrong := check.Mistake{Datagram: g, Offset: 1, Length: 1, Book: s.Book}
	switch {
	case i < len(s.sent):
		if !bytes.Equal(s.sent[i], data) {
			wrong.Name, wrong.Args = "transfer.changed", map[string]any{"Number": g.Data[1]}
			wrong.Offset, wrong.Expected, wrong.Actual = headerLen, say(len(s.sent[i])), say(len(data))
			if i == 0 && s.isNext(data) {
				wrong.Name, wrong.Args = "transfer.wraps-early", map[string]any{"Last": len(s.sent) - 1, "Most": s.Modulus - 1}
				wrong.Offset, wrong.Expected, wrong.Actual = 1, fmt.Sprint(len(s.sent)), "0"
			}
			s.t.Wrong(wrong)
		}
	case i > len(s.sent):
		wrong.Name, wrong.Expected, wrong.Actual = "transfer.number", fmt.Sprint(len(s.sent)%s.Modulus), fmt.Sprint(g.Data[1])
		if len(s.sent) == 0 {
			wrong.Name = "transfer.first-number"
		}
		s.t.Wrong(wrong)
	case s.renumbered(data):
		wrong.Name, wrong.Expected, wrong.Actual = "transfer.renumbered", fmt.Sprint((i+s.Modulus-1)%s.Modulus), fmt.Sprint(g.Data[1])
		s.t.Wrong(wrong)
	case s.ended:
		wrong.Name = "transfer.after-end"
		s.t.Wrong(wrong)
	default:
		s.sent = append(s.sent, bytes.Clone(data))
		s.ended = len(data) == 0
	}
	s.times[i]++
	if before, again := s.cameAt[i]; again {
		s.gap = g.Time.Sub(before)
	}
	s.cameAt[i] = g.Time
	return i
}

// isNext reports whether data are what follows in the file.
func (s *sending) isNext(data []byte) bool {
	at := len(s.sent) * mostData
	return s.Window > 1 && len(data) > 0 && at < len(s.content) && bytes.HasPrefix(s.content[at:], data)
}

// renumbered reports whether what has a new number is what came before: the sender
// gives what it sends again another number.
func (s *sending) renumbered(data []byte) bool {
	last := len(s.sent) - 1
	return last >= 0 && bytes.Equal(s.sent[last], data) && (len(data) > 8 || len(data) == 0 && last >= s.next)
}

// index is which packet a number means: the next new one, one before it, or, which
// is wrong, one after it.
func (s *sending) index(number int) int {
	n := len(s.sent)
	ahead := ((number-n)%s.Modulus + s.Modulus) % s.Modulus
	if ahead < (s.Modulus+1)/2 || n+ahead < s.Modulus {
		return n + ahead
	}
	return n + ahead - s.Modulus
}

// ack acknowledges all packets up to i.
func (s *sending) ack(i int) { s.d.Reply(s.last, pack(typeAck, i%s.Modulus, nil)) }

// accept does what a receiver does with packet i.
func (s *sending) accept(i int) {
	if i == s.next {
		s.next++
	}
	if s.next > 0 {
		s.ack(s.next - 1)
	}
}

// finish receives the rest of the file in an orderly way, and judges it.
func (s *sending) finish() {
	s.receiveRest(func(i int) { s.accept(i) })
	s.compare()
	s.leave()
}

// receiveRest receives the rest of the file, and has each packet accepted.
func (s *sending) receiveRest(accept func(i int)) {
	for !s.ended || s.next < len(s.sent) {
		m := check.Mistake{Name: "transfer.stops", Args: map[string]any{"Number": (s.next + s.Modulus - 1) % s.Modulus}}
		if s.next == 0 {
			m.Name = "transfer.nothing-sent"
		} else if s.whole() {
			m.Name = "transfer.no-end"
		}
		accept(s.receive(m))
	}
}

func (s *sending) whole() bool { return bytes.Equal(bytes.Join(s.sent, nil), s.content) }

// compare judges that the file is what was read.
func (s *sending) compare() {
	got := bytes.Join(s.sent, nil)
	if bytes.Equal(got, s.content) {
		return
	}
	m := check.Mistake{Name: "transfer.other-content", Datagram: s.last, Expected: say(len(s.content)), Actual: say(len(got)), Book: s.Book}
	if bytes.HasPrefix(s.content, got) {
		m.Name = "transfer.cut"
	}
	s.t.Wrong(m)
}

// leave judges that a sender ends when all is acknowledged.
func (s *sending) leave() {
	for {
		if i, end := s.await(); end == check.Done {
			s.accept(i)
		} else {
			s.ends(end)
			return
		}
	}
}

func (s *sending) ends(end check.End) {
	if end == check.Exited && !s.p.Crashed() {
		return
	}
	s.t.Await(end, check.Mistake{Name: "transfer.never-ends", Datagram: s.last, Book: s.Book})
}
