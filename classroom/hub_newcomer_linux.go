package classroom

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/wirebook/wirebook/world"
)

// Newcomers are other people's machines, and are believed no more than that.

// newcomer is a machine of that name, or of one like it that nobody has. There are as
// many of them as the network has numbers.
func (h *Hub) newcomer(name string) (world.Machine, error) {
	here := 0
	for _, a := range h.members {
		if a.newcomer {
			here++
		}
	}
	for free, n := name, 2; ; n++ {
		m, err := h.plan.Newcomer(free)
		switch {
		case errors.Is(err, world.ErrTaken), err == nil && h.members[free] != nil:
			free = fmt.Sprintf("%s-%d", name, n)
		case err == nil && here >= h.numbers(m.Cards[0].Network):
			return m, fmt.Errorf("network %s: %w", m.Cards[0].Network, world.ErrNoPlace)
		default:
			return m, err
		}
	}
}

// numbers is how many a network has for newcomers.
func (h *Hub) numbers(network string) int {
	i := slices.IndexFunc(h.plan.Networks, func(n *world.Network) bool { return n.Name == network })
	guests := h.plan.Networks[i].Guests
	return guests.Last - guests.First + 1
}

// believable is what of a newcomer's report nobody else can mind: it has no servers of
// the class's, and one address of each family, on its own network, that is not another
// machine's. All others are told of these: who could say anything of itself could have
// the names, and the mail, of any machine.
func (h *Hub) believable(a *attached, r Report) Report {
	r.Servers = nil
	four, six := false, false
	r.Addrs = slices.DeleteFunc(r.Addrs, func(addr netip.Addr) bool {
		had := &six
		if addr.Is4() {
			had = &four
		}
		if *had || !h.plan.Lendable(a.Cards[0].Network, addr) || h.hasOther(a, addr) {
			return true
		}
		*had = true
		return false
	})
	return r
}

// hasOther reports whether another machine has the address.
func (h *Hub) hasOther(a *attached, addr netip.Addr) bool {
	for _, other := range h.members {
		if other != a && slices.Contains(other.state.Addrs, addr) {
			return true
		}
	}
	return false
}
