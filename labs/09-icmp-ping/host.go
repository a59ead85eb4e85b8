package icmpping

import (
	"regexp"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/icmp"
	"github.com/wirebook/wirebook/wire/packet"
)

// host is the one that is pinged, and what is known of the program that does it.
type host struct {
	t     *check.T
	d     *check.Packets
	p     *check.Program
	began time.Time
	last  *check.Packet
}

// visit starts the program.
func visit(t *check.T) *host {
	h := &host{t: t, began: time.Now()}
	h.d = t.TakePackets(func(p *check.Packet) bool {
		return p.Has(packet.ICMP) && p.ICMPType != packet.Unreachable // the kernel's own
	})
	h.p = t.Start(nil)
	return h
}

// request waits for the next echo request, and judges its form; without one, the
// case ends with m.
func (h *host) request(m check.Mistake) *check.Packet {
	p, end := h.d.Receive()
	if m.Packet == nil {
		m.Packet = h.last
	}
	h.t.Accepted(end, m)
	h.last = p
	icmp.Judge(h.t, p)
	return p
}

// first is the first request.
func (h *host) first() *check.Packet {
	return h.request(check.Mistake{Name: "no-request", Expected: "ICMP echo request (type 8)", RFC: "RFC 792", Book: "§5.6"})
}

// answer sends the reply to a request.
func (h *host) answer(p *check.Packet) { h.send(p, packet.EchoReply, p.ICMPRest) }

// send sends an echo message with the request's data: its type, and identifier
// and sequence number.
func (h *host) send(p *check.Packet, kind uint8, rest uint32) {
	h.d.Send(check.IPv4(packet.ICMP, p.To, p.From, 57, check.ICMP(kind, 0, rest, p.Payload())))
}

// said is what has been printed so far. It does not wait for more, since the
// program does not wait longer than a second for its reply.
func (h *host) said() string {
	time.Sleep(20 * time.Millisecond) // what was printed may be behind what was sent
	return h.p.Output()
}

// most is how many requests a program is given to say something: some print only
// at their end, and on a slow machine a reply may be late.
const most = 4

// prints waits until enough says so of what was printed after the text that had
// been, and deals with the requests that come meanwhile.
func (h *host) prints(before string, deal func(p *check.Packet), enough func(said string) bool) check.End {
	requests := 0
	end := h.p.Prints(func(string) bool {
		if p := h.d.Within(time.Microsecond); p != nil {
			requests++
			h.last = p
			deal(p)
		}
		return requests > most || enough(h.since(before))
	})
	if end == check.Done && !enough(h.since(before)) {
		h.p.Rest(150 * time.Millisecond)
	}
	return end
}

// noticed reports whether a line has been printed that does not say that there was
// no reply, of one request or of all.
func noticed(said string) bool {
	for line := range strings.Lines(said) {
		if strings.TrimSpace(line) != "" && !saysTimeout.MatchString(line) && !saysNothing.MatchString(line) {
			return true
		}
	}
	return false
}

// hears answers a request, and those after it, and judges that the program notices.
func (h *host) hears(p *check.Packet, answer func(p *check.Packet), m check.Mistake) {
	before := h.said()
	answer(p)
	end := h.prints(before, answer, noticed)
	m.Packet, m.Book = p, "§5.6"
	if h.p.Crashed() {
		h.t.Await(check.Exited, m)
	}
	said := h.since(before)
	if noticed(said) {
		return
	}
	if strings.TrimSpace(said) == "" {
		if m.Name == "reply-missed" {
			m.Name = "nothing-printed"
		}
		h.t.Await(end, m)
	}
	if m.Actual = firstLine(said); m.Name != "reply-missed" && h.missesPlain() {
		m.Name, m.RFC = "reply-missed", "RFC 792"
	}
	h.t.Wrong(m)
}

// missesPlain reports whether the program, started anew, misses a plain reply, too: then
// it is no particular one that it does not understand.
func (h *host) missesPlain() bool {
	h.p.Kill()
	for h.d.Within(150*time.Millisecond) != nil {
	}
	h.p = h.t.Start(nil)
	p, end := h.d.Receive()
	if end != check.Done {
		return false
	}
	before := h.said()
	h.answer(p)
	h.prints(before, h.answer, noticed)
	return !noticed(h.since(before))
}

// unmoved sends the program nothing but what is not the reply, for some requests,
// and judges that it says of each that it was lost. One that never sends another
// request has not been moved; that it should is another case's matter.
func (h *host) unmoved(p *check.Packet, m check.Mistake, foreign func(p *check.Packet)) {
	const requests = 3
	for range requests {
		before := h.said()
		foreign(p)
		next, end := h.d.Receive()
		h.p.Rest(150 * time.Millisecond)
		said := strings.TrimSpace(h.since(before))
		if said != "" && !saysLost.MatchString(said) && !saysIgnored.MatchString(said) {
			m.Packet, m.Actual, m.Book = p, said, "§5.6"
			if h.p.Crashed() {
				h.t.Await(check.Exited, m)
			}
			h.t.Wrong(m)
		}
		if end != check.Done {
			return
		}
		p, h.last = next, next
	}
}

// since is what was printed after the text that had been.
func (h *host) since(before string) string {
	return strings.ToLower(strings.TrimPrefix(h.p.Output(), before))
}

var (
	saysLost    = regexp.MustCompile(`time[d]?[ -]?out|no (reply|response|answer|echo)|lost|loss|unreach|not received|didn't|did not|fail|none|\*|超时|丢|无响应|未响应|未收到|没有|失败|无应答`)
	saysTimeout = regexp.MustCompile(`time[d]?[ -]?out|no (reply|response|answer|echo)|超时|无响应|未响应|未收到|无应答`)
	saysNothing = regexp.MustCompile(`\b100(\.0+)? ?%|\b0 (packets? )?received|received\s*[=:]?\s*0\b|接收\s*[=:：]?\s*0\b|statistic|统计|^\W+$`)
	saysIgnored = regexp.MustCompile(`ignor|late|old|duplicate|unexpected|mismatch|other|wrong|skip|discard|not (mine|ours|for)|忽略|迟|旧|不匹配|不是|丢弃|跳过`)
)
