package transfer

import (
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

func (proto Protocol) receives(t *check.T) { proto.await(t, size(t, 5)).finish(0) }

func (proto Protocol) receivesEmpty(t *check.T) { proto.await(t, 0).finish(0) }

func (proto Protocol) receivesLong(t *check.T) {
	proto.await(t, size(t, proto.Modulus+10)).finish(0)
}

// duplicate sends a packet twice: its ACK was lost, or came late.
func (proto Protocol) duplicate(t *check.T) {
	r := proto.await(t, size(t, 4))
	twice := t.Rand.IntN(3)
	for i := range r.packets {
		r.acked(i, "transfer.no-ack")
		if i == twice {
			r.acked(i, "transfer.duplicate-not-acked")
		}
	}
	r.judgeFile()
}

// corrupt damages a packet on its way.
func (proto Protocol) corrupt(t *check.T) {
	r := proto.await(t, size(t, 4))
	bad := 1 + t.Rand.IntN(3)
	for i := range bad {
		r.acked(i, "transfer.no-ack")
	}
	r.damage(bad)
	r.finish(bad)
}

// damage sends packet i damaged, and judges that it is not acknowledged.
func (r *receiving) damage(i int) {
	r.d.Send(r.at, damaged(r.packets[i], headerLen+r.t.Rand.IntN(mostData/2)))
	for _, number := range r.answers() {
		if r.is(number, i) {
			wrong := r.last
			if r.send(i); i == 0 && r.says(1) {
				r.t.Wrong(check.Mistake{Name: "transfer.acks-next", Datagram: wrong, Offset: 1, Length: 1, Actual: ackText(number), Book: r.Book})
			}
			r.t.Wrong(check.Mistake{
				Name: "transfer.acks-corrupt", Args: map[string]any{"Number": number}, Datagram: wrong, Offset: 1, Length: 1,
				Expected: ackText((i + r.Modulus - 1) % r.Modulus), Actual: ackText(number), Book: r.Book,
			})
		}
	}
}

// corruptFirst damages the first packet, before which there is none that could be
// acknowledged.
func (proto Protocol) corruptFirst(t *check.T) {
	r := proto.await(t, size(t, 2))
	r.damage(0)
	r.finish(0)
}

// endAgain repeats the end, as when its ACK was lost.
func (proto Protocol) endAgain(t *check.T) {
	r := proto.await(t, size(t, 2))
	for i := range r.packets {
		r.acked(i, "transfer.no-ack")
	}
	r.acked(len(r.packets)-1, "transfer.end-not-acked-again")
	r.judgeFile()
}

// short sends what is too short for a packet.
func (proto Protocol) short(t *check.T) {
	r := proto.await(t, size(t, 2))
	r.acked(0, "transfer.no-ack")
	r.d.Send(r.at, []byte{typeData})
	r.d.Send(r.at, []byte{typeData, 1, 0})
	r.p.Rest(200 * time.Millisecond)
	r.answersAnything()
	r.finish(1)
}

// answersAnything reads what there is, whatever it is.
func (r *receiving) answersAnything() {
	for !r.d.Empty() {
		r.d.Receive()
	}
	if r.p.Crashed() {
		r.t.Await(check.Exited, check.Mistake{Name: "transfer.dies-of-short", Crash: true})
	}
}

// gap leaves a packet out, and sends those after it.
func (proto Protocol) gap(t *check.T) {
	r := proto.await(t, size(t, 7))
	missing := 1 + t.Rand.IntN(3)
	for i := range missing {
		r.acked(i, "transfer.no-ack")
	}
	silent := true
	for _, i := range []int{missing + 1, missing + 2} {
		r.send(i)
		for _, number := range r.answers() {
			silent = false
			if !r.is(number, missing-1) {
				t.Wrong(check.Mistake{
					Name: "transfer.acks-gap", Args: map[string]any{"Missing": missing, "Number": number}, Datagram: r.last, Offset: 1, Length: 1,
					Expected: ackText(missing - 1), Actual: ackText(number), Book: proto.Book,
				})
			}
		}
	}
	if silent {
		t.Remark("transfer.silent-on-gap")
	}
	for i := missing; i < len(r.packets); i++ {
		r.acked(i, "transfer.no-ack")
	}
	r.judgeFile()
}
