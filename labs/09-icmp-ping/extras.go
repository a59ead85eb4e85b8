package icmpping

import (
	"encoding/binary"
	"regexp"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/icmp"
	"github.com/wirebook/wirebook/wire/packet"
)

var saysUnreachable = regexp.MustCompile(`unreach|error|code|type|不可达|不能到达|无法到达|错误|差错`)

// unreachable answers as a router does that knows no way to the host.
func unreachable(t *check.T) {
	h := visit(t)
	p := h.first()
	refuse := func(p *check.Packet) {
		h.d.Send(check.IPv4(packet.ICMP, p.To.Next(), p.From, 61, check.ICMP(packet.Unreachable, 1, 0, icmp.Quote(p))))
	}
	before := h.said()
	refuse(p)
	h.prints(before, refuse, saysUnreachable.MatchString)
	m := check.Mistake{Name: "unreachable-ignored", Packet: p, Expected: "Destination host unreachable", RFC: "RFC 792", Book: "§5.6"}
	if h.p.Crashed() {
		t.Await(check.Exited, m)
	}
	if said := h.since(before); !saysUnreachable.MatchString(said) {
		m.Actual = tail(said)
		t.Wrong(m)
	}
}

// otherID sends the reply to another ping, which a raw socket gets, too.
func otherID(t *check.T) {
	h := visit(t)
	p := h.first()
	h.unmoved(p, check.Mistake{Name: "other-id", RFC: "RFC 792"}, func(p *check.Packet) { h.send(p, packet.EchoReply, p.ICMPRest^0x5a5a0000) })
}

// ownRequest sends an echo request: what a raw socket gets of itself, first, when
// it pings its own host.
func ownRequest(t *check.T) {
	h := visit(t)
	p := h.first()
	h.unmoved(p, check.Mistake{Name: "own-request", RFC: "RFC 792"}, func(p *check.Packet) { h.send(p, packet.EchoRequest, p.ICMPRest) })
}

// late answers each request only when the program waits for the reply to the next:
// that one is lost, whatever is said of the one before.
func late(t *check.T) {
	h := visit(t)
	first := h.first()
	second, end := h.d.Receive()
	if end == check.Exited && !h.p.Crashed() {
		return // it does not ping twice
	}
	t.Await(end, check.Mistake{Name: "stops-on-loss", Crash: true, Packet: first, Book: "§5.6"})
	h.last = second
	h.unmoved(second, check.Mistake{Name: "late", RFC: "RFC 792"}, func(p *check.Packet) {
		h.answer(first)
		first = p
	})
}

// options answers in a packet whose IP header is longer than 20 bytes.
func options(t *check.T) {
	h := visit(t)
	h.hears(h.first(), func(p *check.Packet) {
		plain := check.IPv4(packet.ICMP, p.To, p.From, 57, check.ICMP(packet.EchoReply, 0, p.ICMPRest, p.Payload()))
		ip := append(append(append([]byte(nil), plain[:20]...), 1, 1, 1, 0), plain[20:]...) // three no-operations, and the end
		ip[0] = 0x46
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
		ip[10], ip[11] = 0, 0
		binary.BigEndian.PutUint16(ip[10:], check.Checksum(ip[:24]))
		h.d.Send(ip)
	}, check.Mistake{Name: "header-length", Crash: true, RFC: "RFC 791 §3.1"})
}
