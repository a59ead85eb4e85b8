package icmpping

import (
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/icmp"
)

// request judges the first echo request; what is wrong with a later one, other
// cases see.
func request(t *check.T) {
	p := visit(t).first()
	if len(p.Payload()) < 8 {
		t.Remark("no-timestamp")
	}
}

// reply answers at once, and judges that the program notices.
func reply(t *check.T) {
	h := visit(t)
	p := h.first()
	h.hears(p, h.answer, check.Mistake{Name: "reply-missed", RFC: "RFC 792"})
	if h.last == p {
		h.last = h.d.Within(2 * time.Second)
	}
	if h.last != nil && h.last != p && h.last.ICMPRest == p.ICMPRest {
		t.Remark("same-sequence")
	}
}

// firstLine is the first that says something.
func firstLine(said string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return line
}

// rtt answers each request after a while, and judges what time is printed, in
// whatever unit.
func rtt(t *check.T) {
	took := time.Duration(250+t.Rand.IntN(150)) * time.Millisecond
	h := visit(t)
	p := h.first()
	before := h.said()
	for range 5 {
		so := h.said()
		time.Sleep(took)
		h.answer(p)
		least := time.Since(p.Time)
		next, end := h.d.Receive()
		h.p.Rest(50 * time.Millisecond)
		if icmp.Printed(h.since(so), least, time.Since(p.Time)+50*time.Millisecond) {
			return
		}
		if end != check.Done {
			break
		}
		p, h.last = next, next
		icmp.Judge(t, p)
	}
	longest := time.Since(h.began)
	if icmp.Printed(h.since(before), took, longest) && h.p.Wait() == check.Done { // it prints only at its end
		return
	}
	if h.p.Crashed() {
		t.Await(check.Exited, check.Mistake{Name: "rtt", Packet: h.last})
	}
	m := check.Mistake{
		Name: "rtt", Packet: h.last, Args: map[string]any{"Milliseconds": took.Milliseconds()}, Book: "§1.4.3",
		Expected: strconv.FormatInt(took.Milliseconds(), 10) + " ms", Actual: tail(h.p.Output()),
	}
	switch {
	case strings.TrimSpace(h.p.Output()) == "":
		m.Name = "nothing-printed"
	case icmp.Printed(h.since(before), 10*took, 10*longest), icmp.Printed(h.since(before), took/10, took/9):
		m.Name = "rtt-factor"
	case !noticed(h.since(before)):
		m.Name = "reply-missed"
	}
	t.Wrong(m)
}

func tail(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "\n")
}

// lost answers the first request, and not the second.
func lost(t *check.T) {
	h := visit(t)
	h.answer(h.first())
	second, end := h.d.Receive()
	if end == check.Exited && !h.p.Crashed() {
		t.Remark("only-one") // there is nothing to lose
		return
	}
	t.Await(end, check.Mistake{Name: "only-one-hang", Packet: h.last, Book: "§5.6"})
	h.last = second
	icmp.Judge(t, second)
	before := h.p.Output()
	third := h.request(check.Mistake{Name: "stops-on-loss", Crash: true, RFC: "RFC 792", Book: "§5.6"})
	h.answer(third)
	if end := h.prints(before, h.answer, saysLost.MatchString); end == check.Exited && h.p.Crashed() {
		t.Await(end, check.Mistake{Name: "stops-on-loss", Packet: second})
	}
	said := h.since(before)
	if !saysLost.MatchString(said) && len(strings.Split(strings.TrimSpace(said), "\n")) < 2 {
		t.Wrong(check.Mistake{Name: "loss-not-said", Packet: second, Actual: tail(said), Book: "§5.6"})
	}
}
