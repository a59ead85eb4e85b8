package portscanner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/wire/packet"
)

// open judges that every port that was tried and is open is printed.
func open(t *check.T) { newTarget(t).scan(t).judgeOpen(t) }

func (r *scan) judgeOpen(t *check.T) {
	said := read(r.p.Output())
	for _, port := range r.tried {
		if !r.wasOpen(port) || said.open[port] {
			continue
		}
		m := check.Mistake{
			Name: "open-missed", Args: map[string]any{"Port": port}, Expected: fmt.Sprintf("%d open", port),
			Actual: lineOf(r.p.Output(), port), RFC: "RFC 9293 §3.5", Book: "§3.5.6",
		}
		if strings.TrimSpace(r.p.Output()) == "" {
			m.Name, m.Actual = "nothing-printed", nil
		}
		t.Wrong(m)
	}
}

// closed judges that no port is called open that refuses.
func closed(t *check.T) {
	r := newTarget(t).scan(t)
	if strings.TrimSpace(r.p.Output()) == "" {
		r.judgeOpen(t)
	}
	r.judgeClosed(t, "closed-called-open")
}

func (r *scan) judgeClosed(t *check.T, mistake string) {
	said := read(r.p.Output())
	for _, port := range r.tried {
		if !r.open[port] && said.claim[port] && !slices.Contains(r.counted(), port) {
			t.Wrong(check.Mistake{
				Name: mistake, Args: map[string]any{"Port": port}, Expected: fmt.Sprintf("%d closed", port),
				Actual: lineOf(r.p.Output(), port), RFC: "RFC 9293 §3.5.2", Book: "§3.5.6",
			})
		}
	}
}

// lineOf is the line of the output that names the port.
func lineOf(output string, port uint16) any {
	for line := range strings.Lines(output) {
		if slices.Contains(numbers(line), port) {
			return strings.TrimSpace(line)
		}
	}
	return check.Say("port-scanner.no-line", "Port", port)
}

// filtered has some ports answer nothing at all, as behind a firewall.
func filtered(t *check.T) {
	s := newTarget(t)
	s.silent[s.first+2], s.silent[s.first+5] = true, true
	for _, port := range usual[:4] { // for those with a list of their own
		if !s.open[port] && len(s.silent) < 3 {
			s.silent[port] = true
		}
	}
	t.TakePackets(func(p *check.Packet) bool { return p.Has(packet.TCP) && s.silent[p.ToPort] })
	r := s.scan(t)
	if last := r.tried[len(r.tried)-1]; r.end == check.Idle && !r.p.Asks() && (r.silent[last] || !r.complete()) {
		t.Await(r.end, check.Mistake{Name: "hangs-on-filtered", Args: map[string]any{"Port": last}, RFC: "RFC 9293 §3.8.3", Book: "§8.9.1"})
	}
	r.judgeClosed(t, "filtered-called-open")
	r.judgeOpen(t)
}

// lastPort judges that a range that was told is tried to its end. A program with
// a range of its own shows it by what it tries.
func lastPort(t *check.T) {
	s := newTarget(t)
	tried := s.scan(t).tried
	if slices.Contains(tried, s.first) && slices.Max(tried) == s.last-1 {
		t.Wrong(check.Mistake{
			Name: "last-port", Args: map[string]any{"First": s.first, "Last": s.last},
			Expected: fmt.Sprintf("%d–%d", s.first, s.last), Actual: fmt.Sprintf("%d–%d", slices.Min(tried), slices.Max(tried)),
		})
	}
}

// parallel has no port answer, and looks whether the program tries another one
// while it waits.
func parallel(t *check.T) {
	s := newTarget(t)
	d := t.TakePackets(func(p *check.Packet) bool { return p.Has(packet.TCP) })
	p := t.Start(s.values(t))
	const enough = 20
	seen := make(map[uint16]bool)
	for len(seen) < enough {
		syn, end := d.Receive()
		if end != check.Done {
			break
		}
		if seen[syn.ToPort] = true; p.Connecting() > 1 {
			return
		}
	}
	if len(seen) == 0 {
		t.Wrong(check.Mistake{Name: "nothing-tried", Book: "§2.7.2"})
	}
	t.Wrong(check.Mistake{Name: "one-at-a-time", Args: map[string]any{"Ports": len(seen)}})
}

// noSuchHost gives a name that does not exist.
func noSuchHost(t *check.T) {
	s := newTarget(t)
	name := t.Word() + ".example.com"
	t.NoName(name)
	values := s.values(t)
	values["host"] = name
	p := t.Start(values)
	if end := p.Wait(); end == check.Done && p.Crashed() {
		t.Await(check.Exited, check.Mistake{Name: "no-such-host", Crash: true, RFC: "RFC 1035 §4.1.1", Book: "§2.4"})
	}
}
