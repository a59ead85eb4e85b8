package traceroute

import (
	"net/netip"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/icmp"
	"github.com/wirebook/wirebook/wire/packet"
)

// route is the way to the host that the program wants to reach.
type route struct {
	t     *check.T
	d     *check.Packets
	p     *check.Program
	began time.Time

	routers []netip.Addr
	probes  []*check.Packet
	last    *check.Packet

	// A case's own: whether it answers a probe itself, or leaves it unanswered.
	answer func(p *check.Packet) bool
}

// newRoute draws some routers, and starts the program.
func newRoute(t *check.T, answer func(p *check.Packet) bool) *route {
	r := &route{t: t, answer: answer, began: time.Now()}
	for i := range 3 + t.Rand.IntN(3) {
		r.routers = append(r.routers, router(t, byte(i)))
	}
	r.d = t.TakePackets(func(p *check.Packet) bool {
		return p.Has(packet.ICMP) && p.ICMPType != packet.Unreachable || p.Has(packet.UDP) && p.ToPort != 53
	})
	r.p = t.Start(nil)
	return r
}

// router is a random address of networks that are nobody's (RFC 5737).
func router(t *check.T, i byte) netip.Addr {
	network := [][3]byte{{192, 0, 2}, {198, 51, 100}, {203, 0, 113}}[t.Rand.IntN(3)]
	return netip.AddrFrom4([4]byte{network[0], network[1], network[2], 100 + 20*i + byte(t.Rand.IntN(20))})
}

// run answers all probes until the program does nothing any more.
func (r *route) run() check.End {
	for {
		p, end := r.d.Receive()
		if end != check.Done {
			if len(r.probes) == 0 {
				r.t.Await(end, check.Mistake{Name: "no-probe", Expected: "ICMP echo request, TTL 1", RFC: "RFC 792", Book: "§5.6"})
			}
			return end
		}
		if p.Has(packet.ICMP) {
			icmp.Judge(r.t, p)
		}
		r.last, r.probes = p, append(r.probes, p)
		r.first(p)
		if r.answer == nil || !r.answer(p) {
			r.forward(p)
		}
	}
}

// first judges the first probe's TTL.
func (r *route) first(p *check.Packet) {
	if len(r.probes) > 1 || p.HopLimit == 1 {
		return
	}
	m := check.Mistake{Name: "first-ttl", Args: map[string]any{"TTL": p.HopLimit}, Packet: p, Expected: "TTL 1", RFC: "RFC 791 §3.2", Book: "§5.6"}
	if p.HopLimit >= 32 {
		m.Name = "no-ttl"
	}
	r.t.Wrong(m)
}

// forward does what the routers do: each takes one from the TTL, and where it
// becomes 0 the packet ends. What arrives, the host answers.
func (r *route) forward(p *check.Packet) {
	if n := int(p.HopLimit); n <= len(r.routers) {
		r.exceeded(p, r.routers[n-1])
		return
	}
	if p.Has(packet.UDP) {
		r.send(p, p.To, check.ICMP(packet.Unreachable, 3, 0, icmp.Quote(p)))
		return
	}
	r.send(p, p.To, check.ICMP(packet.EchoReply, 0, p.ICMPRest, p.Payload()))
}

// exceeded is what the router at that address answers.
func (r *route) exceeded(p *check.Packet, from netip.Addr) {
	r.send(p, from, check.ICMP(packet.TimeExceeded, 0, 0, icmp.Quote(p)))
}

func (r *route) send(p *check.Packet, from netip.Addr, message []byte) {
	r.d.Send(check.IPv4(packet.ICMP, from, p.From, 60, message))
}

// reached reports whether the program has probed to the end of the route.
func (r *route) reached() bool { return r.furthest() > len(r.routers) }

// furthest is the largest TTL of a probe.
func (r *route) furthest() (ttl int) {
	for _, p := range r.probes {
		ttl = max(ttl, int(p.HopLimit))
	}
	return ttl
}

// judge judges that the program has come to the end, and named each router that
// has answered.
func (r *route) judge(end check.End, silent int) {
	if !r.reached() {
		m := check.Mistake{
			Name: "ends-early", Args: map[string]any{"TTL": r.furthest()}, Packet: r.last, Crash: true,
			RFC: "RFC 792", Book: "§5.6",
		}
		if silent > 0 && r.furthest() == silent {
			m.Name = "stops-at-silent"
		}
		r.t.Await(end, m)
	}
	if r.p.Crashed() {
		r.t.Await(check.Exited, check.Mistake{Name: "ends-early", Packet: r.last})
	}
	r.judgeSteps()
	output := r.p.Output()
	for i, a := range append(r.routers[:len(r.routers):len(r.routers)], check.Seen(r.last.To)) {
		if i+1 == silent || strings.Contains(output, a.String()) {
			continue
		}
		m := check.Mistake{
			Name: "router-not-printed", Args: map[string]any{"TTL": i + 1}, Expected: a.String(), Actual: tail(output), RFC: "RFC 792", Book: "§5.6",
		}
		switch {
		case strings.TrimSpace(output) == "":
			m.Name = "nothing-printed"
		case i == len(r.routers):
			m.Name = "host-not-printed"
		}
		r.t.Wrong(m)
	}
}

// judgeSteps judges that no TTL was left out.
func (r *route) judgeSteps() {
	probed := make(map[int]bool)
	for _, p := range r.probes {
		probed[int(p.HopLimit)] = true
	}
	for ttl := 1; ttl <= len(r.routers); ttl++ {
		if !probed[ttl] {
			r.t.Wrong(check.Mistake{Name: "ttl-skipped", Args: map[string]any{"TTL": ttl}, Packet: r.last, RFC: "RFC 791 §3.2", Book: "§5.6"})
		}
	}
}

func tail(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}
