package traceroute

import (
	"fmt"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/icmp"
	"github.com/wirebook/wirebook/wire/packet"
)

// path judges that every router on the way is named, and the host at its end.
func path(t *check.T) {
	r := newRoute(t, nil)
	r.judge(r.run(), 0)
}

// rtt has one router answer late, and judges what time is printed.
func rtt(t *check.T) {
	took := time.Duration(250+t.Rand.IntN(150)) * time.Millisecond
	var r *route
	slow := 2 + t.Rand.IntN(2)
	r = newRoute(t, func(p *check.Packet) bool {
		if int(p.HopLimit) == slow {
			time.Sleep(took)
		}
		return false
	})
	r.judge(r.run(), 0)
	// That of one probe, of two or three together, or what one of the two is on average.
	most := time.Since(r.began)
	if icmp.Printed(r.p.Output(), took, most) {
		return
	}
	m := check.Mistake{
		Name: "rtt", Args: map[string]any{"Milliseconds": took.Milliseconds(), "TTL": slow}, Book: "§1.4.3",
		Expected: fmt.Sprintf("%d … %d ms", slow, took.Milliseconds()), Actual: tail(r.p.Output()),
	}
	if icmp.Printed(r.p.Output(), 10*took, 10*most) || icmp.Printed(r.p.Output(), took/10, took/9) {
		m.Name = "rtt-factor"
	}
	t.Wrong(m)
}

// silent has one router say nothing.
func silent(t *check.T) {
	mute := 2 + t.Rand.IntN(2)
	r := newRoute(t, func(p *check.Packet) bool { return int(p.HopLimit) == mute })
	r.judge(r.run(), mute)
}

// stops judges that nobody is asked any more once the host itself has answered.
// Who sends all probes at the same time cannot know; so what is printed counts.
func stops(t *check.T) {
	r := newRoute(t, nil)
	end := r.run()
	if !r.reached() {
		r.judge(end, 0)
	}
	const most, often = 25, 8
	if named := strings.Count(r.p.Output(), check.Seen(r.last.To).String()); r.furthest() >= most && named > often {
		t.Wrong(check.Mistake{
			Name: "does-not-stop", Args: map[string]any{"Hops": len(r.routers) + 1, "TTL": r.furthest()}, Packet: r.last, RFC: "RFC 792", Book: "§5.6",
		})
	}
	if end == check.Late {
		t.Await(end, check.Mistake{Name: "does-not-stop", Args: map[string]any{"Hops": len(r.routers) + 1, "TTL": r.furthest()}, Packet: r.last})
	}
}

// otherProbe has errors about somebody else's packets come before those about the
// program's, from a router that is on another way.
func otherProbe(t *check.T) {
	other := router(t, 7)
	var r *route
	r = newRoute(t, func(p *check.Packet) bool {
		quoted := append([]byte(nil), icmp.Quote(p)...)
		header := quoted[len(quoted)-8:]
		header[0+4*id(p)] ^= 0x2a // the identifier, or UDP's source port
		header[1+4*id(p)] ^= 0x2a
		header[2] ^= 0x15 // UDP's other port, or the checksum
		r.send(p, other, check.ICMP(packet.TimeExceeded, 0, 0, quoted))
		return false
	})
	r.run()
	if strings.Contains(r.p.Output(), other.String()) {
		t.Wrong(check.Mistake{
			Name: "other-probe", Packet: r.probes[0], Expected: r.routers[0].String(), Actual: other.String(), RFC: "RFC 792", Book: "§5.6",
		})
	}
	if r.p.Crashed() {
		t.Await(check.Exited, check.Mistake{Name: "ends-early", Packet: r.last})
	}
}

// id is 1 for ICMP, whose identifier is in the second four bytes, and 0 for UDP.
func id(p *check.Packet) int {
	if p.Has(packet.ICMP) {
		return 1
	}
	return 0
}

// unreachable has the second router know no way on.
func unreachable(t *check.T) {
	var r *route
	r = newRoute(t, func(p *check.Packet) bool {
		if p.HopLimit < 2 {
			return false
		}
		r.send(p, r.routers[1], check.ICMP(packet.Unreachable, 1, 0, icmp.Quote(p)))
		return true
	})
	end := r.run()
	m := check.Mistake{Name: "unreachable", Packet: r.last, Crash: true, RFC: "RFC 792", Book: "§5.6"}
	if r.p.Crashed() {
		t.Await(check.Exited, m)
	}
	if end == check.Late {
		t.Await(end, m)
	}
	if !strings.Contains(r.p.Output(), r.routers[1].String()) {
		m.Expected, m.Actual = r.routers[1].String(), tail(r.p.Output())
		t.Wrong(m)
	}
}
