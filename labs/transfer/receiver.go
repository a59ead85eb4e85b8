package transfer

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// receiving is the tester as the sender to a receiver under judgement.
type receiving struct {
	Protocol
	t       *check.T
	d       *check.Datagrams
	p       *check.Program
	at      netip.AddrPort
	packets [][]byte // of the file, with its end
	content []byte
	before  map[string]string // the files that were there
	last    *check.Datagram
	most    int  // the last of the packets that were sent
	late    bool // the end was acknowledged, and the file was not complete
}

// await starts a receiver, to send it a file of that many bytes.
func (proto Protocol) await(t *check.T, size int) *receiving {
	r := &receiving{Protocol: proto, t: t, content: t.Bytes(size), before: make(map[string]string)}
	for _, name := range t.Files() {
		if data, err := t.ReadFile(name); err == nil {
			r.before[name] = string(data)
		}
	}
	for rest := r.content; ; {
		n := min(len(rest), mostData)
		r.packets = append(r.packets, pack(typeData, len(r.packets)%proto.Modulus, rest[:n]))
		if rest = rest[n:]; n == 0 {
			break
		}
	}
	r.p = t.Start(check.Values{"file": output})
	r.at = r.p.Listening("udp")
	r.d = t.OpenUDP()
	return r
}

func (r *receiving) send(i int) {
	r.most = max(r.most, i)
	r.d.Send(r.at, r.packets[i])
}

// acked sends packet i and waits for its ACK. ACKs for earlier ones may come
// before it; gone is what is wrong if none comes.
func (r *receiving) acked(i int, gone string) {
	r.send(i)
	r.awaitAck(i, gone)
}

func (r *receiving) awaitAck(i int, gone string) {
	for {
		g, end := r.d.Receive()
		m := check.Mistake{Name: r.at128Or256(i, gone), Args: map[string]any{"Number": i % r.Modulus}, Datagram: r.last, Expected: ackText(i % r.Modulus), Book: r.Book}
		if end != check.Done && i == 0 {
			r.probe(g)
		}
		r.t.Await(end, m)
		r.last = g
		r.judge(r.t, g, typeAck)
		number := int(g.Data[1])
		if number == i%r.Modulus {
			r.late = r.late || i == len(r.packets)-1 && !r.written()
			return
		}
		if !r.is(number, i-1) && !r.early(number, i) {
			if i == 0 {
				r.probe(g)
			}
			m.Name, m.Datagram, m.Offset, m.Length, m.Actual = r.at128Or256(i, "transfer.wrong-ack"), g, 1, 1, ackText(number)
			r.t.Wrong(m)
		}
		if !r.is(number, i-1) && r.Window > 1 {
			r.t.Remark("transfer.buffers")
			return
		}
		// What is left over from before, or it says that i was not understood.
		if r.p.Rest(300*time.Millisecond) == check.Done && r.d.Empty() {
			if i == 0 {
				r.probe(g)
			}
			m.Name, m.Datagram, m.Offset, m.Length, m.Actual = r.at128Or256(i, "transfer.wrong-ack"), g, 1, 1, ackText(number)
			r.t.Wrong(m)
		}
	}
}

// at128Or256 is the name of a mistake that shows itself where a byte is over: as one
// with a sign, or altogether.
func (r *receiving) at128Or256(i int, name string) string {
	switch {
	case i == 128:
		return "transfer.signed-byte"
	case i == r.Modulus && r.Window > 1:
		return "transfer.does-not-wrap"
	}
	return name
}

func ackText(number int) string { return fmt.Sprintf("ACK %d", number) }

// is reports whether an ACK's number means packet i; there is none before the
// first.
func (r *receiving) is(number, i int) bool { return number == (i+r.Modulus)%r.Modulus }

// early reports whether an ACK is for packets after i: a receiver that has kept
// what came out of order.
func (r *receiving) early(number, i int) bool {
	ahead := (number - i%r.Modulus + r.Modulus) % r.Modulus
	return r.Window > 1 && ahead < r.Window && i+ahead <= r.most
}

// answers are what the receiver says to something, if anything: the ACKs' numbers.
func (r *receiving) answers() (all []int) {
	r.p.Rest(300 * time.Millisecond)
	for !r.d.Empty() {
		g, end := r.d.Receive()
		if end != check.Done {
			break
		}
		r.last = g
		r.judge(r.t, g, typeAck)
		all = append(all, int(g.Data[1]))
	}
	if r.p.Crashed() {
		r.t.Await(check.Exited, check.Mistake{Name: "transfer.no-ack", Datagram: r.last})
	}
	return all
}

// finish sends the packets from i on, and judges the file.
func (r *receiving) finish(i int) {
	for ; i < len(r.packets); i++ {
		r.acked(i, "transfer.no-ack")
	}
	r.judgeFile()
}

// judgeFile judges that the file was written, under whatever name.
func (r *receiving) judgeFile() {
	if r.late && r.p.Rest(500*time.Millisecond) == check.Done && !r.written() {
		r.p.Prints(func(string) bool { return r.written() })
		if r.written() {
			r.t.Wrong(check.Mistake{Name: "transfer.file-late", Datagram: r.last, Book: r.Book})
		}
	}
	end := r.p.Prints(func(string) bool { return r.written() })
	if end == check.Done || r.written() {
		if r.late {
			r.t.Remark("transfer.file-after-ack")
		}
		return
	}
	if r.p.Crashed() {
		r.t.Await(check.Exited, check.Mistake{Name: "transfer.no-file"})
	}
	m := check.Mistake{Name: "transfer.no-file", Expected: say(len(r.content)), Datagram: r.last, Book: r.Book}
	for _, name := range r.t.Files() {
		data, err := r.t.ReadFile(name)
		if err != nil || string(data) == r.before[name] && len(data) > 0 || strings.HasSuffix(name, ".pyc") || name == ".program" {
			continue
		}
		m.Actual = say(len(data))
		switch {
		case len(data) > len(r.content):
			m.Name = "transfer.file-longer"
		case bytes.HasPrefix(r.content, data):
			m.Name = "transfer.file-shorter"
		default:
			m.Name = "transfer.file-differs"
		}
		if len(data) > 0 {
			break
		}
	}
	r.t.Wrong(m)
}

func (r *receiving) written() bool {
	for _, name := range r.t.Files() {
		data, err := r.t.ReadFile(name)
		_, old := r.before[name]
		if err == nil && bytes.Equal(data, r.content) && (len(data) > 0 || !old) {
			return true
		}
	}
	return false
}
