package transfer

import (
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// probe finds out why a receiver has not acknowledged the first packet, and ends
// the case if it can tell. answer is what it said instead, if anything.
func (r *receiving) probe(answer *check.Datagram) {
	m := check.Mistake{Datagram: r.last, Book: r.Book, Expected: ackText(0)}
	if answer != nil {
		m.Datagram, m.Offset, m.Length, m.Actual = answer, 1, 1, ackText(int(answer.Data[1]))
	}
	if r.p.Crashed() || len(r.packets) < 2 {
		return
	}
	const short = 100
	r.d.Send(r.at, pack(typeData, 0, r.content[:min(short, len(r.content))]))
	if len(r.content) > short && r.says(0) {
		m.Name = "transfer.buffer"
		r.t.Wrong(m)
	}
	if answer == nil || answer.Data[1] != 1 {
		return
	}
	// It may say which packet it expects next; then it has taken the first, and takes
	// the second.
	r.send(1)
	if r.says(2 % r.Modulus) {
		m.Name = "transfer.acks-next"
		r.t.Wrong(m)
	}
}

// says waits for an ACK with that number, or until nothing more is said. Who waits
// for a program that seems to hang must look at the clock.
func (r *receiving) says(number int) bool {
	for wait := 3 * time.Second; ; wait = 300 * time.Millisecond {
		g := r.d.Within(wait)
		if g == nil {
			return false
		}
		if len(g.Data) == headerLen && g.Data[0] == typeAck && int(g.Data[1]) == number {
			return true
		}
	}
}
