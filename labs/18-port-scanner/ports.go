package portscanner

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/wirebook/wirebook/labs/check"
)

// usual are ports that programs with a list of their own have in it.
var usual = []uint16{21, 22, 23, 25, 53, 80, 110, 139, 143, 443, 445, 993, 995, 3306, 3389, 5432, 8000, 8080}

// target is the host that is scanned, whatever name and address the program has
// for it.
type target struct {
	first, last uint16 // of the range that the program is told
	open        map[uint16]bool
	silent      map[uint16]bool // nothing is answered there

	mu       sync.Mutex
	accepted map[uint16]bool // connections came about there: no timeout was too short
}

// accept is what the host does with connections.
func (s *target) accept(c *check.Conn) {
	at, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted[at.Port()] = true
}

// wasOpen reports whether the program has seen that the port is open. On a slow
// machine the answer may have come too late for it.
func (s *target) wasOpen(port uint16) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted[port]
}

// newTarget draws which ports are open: the last of the range, some of it, some
// of the usual ones, and a few up to 1024.
func newTarget(t *check.T) *target {
	s := &target{first: uint16(20 + t.Rand.IntN(10)), open: make(map[uint16]bool), silent: make(map[uint16]bool), accepted: make(map[uint16]bool)}
	s.last = s.first + uint16(70+t.Rand.IntN(20))
	s.open[s.last] = true
	for len(s.open) < 5 {
		s.open[s.first+uint16(t.Rand.IntN(int(s.last-s.first)))] = true
	}
	for _, i := range t.Rand.Perm(len(usual))[:len(usual)/2] {
		s.open[usual[i]] = true
	}
	for _, group := range [][]int{{0, 1, 3}, {5, 9}} { // one of these, and not all
		for _, i := range group {
			delete(s.open, usual[i])
		}
		s.open[usual[group[t.Rand.IntN(len(group))]]] = true
	}
	for range 3 {
		s.open[uint16(120+t.Rand.IntN(900))] = true
		s.open[uint16(1+t.Rand.IntN(19))] = true
	}
	for _, port := range []uint16{s.first + 2, s.first + 5} {
		delete(s.open, port)
	}
	s.open[s.last] = true
	return s
}

// values are what the program is told.
func (s *target) values(t *check.T) check.Values {
	list := []string{fmt.Sprint(s.last)}
	for port := s.first; port < s.first+12; port++ {
		list = append(list, fmt.Sprint(port))
	}
	for _, port := range usual[:8] {
		list = append(list, fmt.Sprint(port))
	}
	t.Rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return check.Values{
		"first": fmt.Sprint(s.first), "last": fmt.Sprint(s.last), "list": strings.Join(list, ","),
	}
}

// scan is one run of the program.
type scan struct {
	*target
	p     *check.Program
	tried []uint16 // in order
	end   check.End
}

// scan runs the program to its end. A program that asks for another host after
// that, or waits for nothing in particular, has ended, too.
func (s *target) scan(t *check.T) *scan {
	t.OnlyPorts(func(port uint16) bool { return s.open[port] })
	t.ServeTCP(s.accept)
	r := &scan{target: s, p: t.Start(s.values(t))}
	r.end = r.p.Wait()
	r.tried = ports(t)
	switch {
	case r.end == check.Done && r.p.Crashed():
		t.Await(check.Exited, check.Mistake{Name: "stops"})
	case len(r.tried) == 0:
		t.Await(r.exited(), check.Mistake{Name: "nothing-tried", Book: "§2.7.2"})
	case r.end == check.Late, r.end == check.Idle && len(s.silent) == 0 && !r.complete():
		t.Await(r.end, check.Mistake{Name: "never-ends", Args: map[string]any{"Ports": len(r.tried)}, Book: "§2.7.2"})
	}
	r.judgeUntried(t)
	return r
}

// judgeUntried finds the program that has one socket for all ports: once that is
// connected, or connecting, it says of ports that it has not tried that they are closed.
func (r *scan) judgeUntried(t *check.T) {
	last := slices.Max(r.tried)
	said := numbers(r.p.Output())
	if (r.open[last] || r.silent[last]) && last+2 <= r.last && slices.Contains(said, last+1) && slices.Contains(said, last+2) {
		t.Wrong(check.Mistake{
			Name: "one-socket", Args: map[string]any{"Port": last, "Next": last + 1},
			Actual: lineOf(r.p.Output(), last+1), RFC: "RFC 9293 §3.10.1", Book: "§2.7.2",
		})
	}
}

// exited is how the wait ended, as Await has it.
func (r *scan) exited() check.End {
	if r.end == check.Done {
		return check.Exited
	}
	return r.end
}

// complete reports whether every open port that was tried is printed as such.
func (r *scan) complete() bool {
	said := read(r.p.Output())
	return !slices.ContainsFunc(r.tried, func(port uint16) bool { return r.wasOpen(port) && !said.open[port] })
}

// counted are the numbers that a summary may have beside the ports: "5 open".
func (r *scan) counted() []uint16 {
	open := 0
	for _, port := range r.tried {
		if r.open[port] {
			open++
		}
	}
	all := len(r.tried)
	return []uint16{uint16(open), uint16(all), uint16(all - open), uint16(all - open - len(r.silent)), uint16(len(r.silent))}
}

// ports are those that the program tried, by TCP, without doubles.
func ports(t *check.T) (all []uint16) {
	seen := make(map[uint16]bool)
	for _, text := range t.Tried() {
		var port uint16
		at := strings.LastIndexByte(text, ':')
		if _, err := fmt.Sscan(text[at+1:], &port); err != nil || !strings.HasPrefix(text, "tcp ") || seen[port] {
			continue
		}
		seen[port] = true
		all = append(all, port)
	}
	return all
}
