package classroom

import (
	"maps"
	"slices"

	"github.com/wirebook/wirebook/classroom/cabling"
)

// hear takes what a machine reports.
func (h *Hub) hear(a *attached, r Report) {
	h.mu.Lock()
	if a.newcomer {
		r = h.believable(a, r)
	}
	moved := !slices.Equal(a.state.Addrs, r.Addrs)
	a.state = r
	h.news()
	h.mu.Unlock()
	if moved && a.DHCP {
		h.publish(nil)
	}
}

// publish tells all members who is there; or only one, who has just come.
func (h *Hub) publish(only *attached) {
	h.mu.Lock()
	var d directory
	var to []*cabling.Line
	for _, name := range slices.Sorted(maps.Keys(h.members)) {
		a := h.members[name]
		if a.DHCP && len(a.state.Addrs) > 0 {
			d.Present = append(d.Present, present{a.Name, a.FQDN, a.state.Addrs})
		}
		if a.here && (only == nil || only == a) {
			to = append(to, a.line)
		}
	}
	h.mu.Unlock()
	for _, line := range to {
		_ = line.Send(message{Directory: &d}, nil) // who has left does not hear it
	}
}
