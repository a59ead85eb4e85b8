package internet

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Neighbor is a line of the ARP table, or of IPv6's neighbor cache (RFC 4861).
type Neighbor struct {
	Addr  netip.Addr
	MAC   net.HardwareAddr // nil when it is not known yet, or not at all
	Card  string
	State string // "REACHABLE", "STALE", "INCOMPLETE" …: RFC 4861 §7.3.2
}

// incomplete is the state of a neighbor that has not answered yet.
const incomplete = "INCOMPLETE"

// Neighbors is what the machine has learned by ARP and NDP.
func (m *machine) Neighbors() []Neighbor {
	m.mu.Lock()
	cards := slices.Clone(m.cards)
	m.mu.Unlock()
	var neighbors []Neighbor
	for _, c := range cards {
		for _, protocol := range []tcpip.NetworkProtocolNumber{ipv4.ProtocolNumber, ipv6.ProtocolNumber} {
			entries, err := m.stack.Neighbors(c.id, protocol)
			if err != nil {
				continue // the card is gone
			}
			for _, e := range entries {
				neighbors = append(neighbors, newNeighbor(c.name, e))
			}
		}
	}
	slices.SortFunc(neighbors, func(a, b Neighbor) int {
		return cmp.Or(cmp.Compare(a.Card, b.Card), a.Addr.Compare(b.Addr))
	})
	return neighbors
}

func newNeighbor(card string, e stack.NeighborEntry) Neighbor {
	return Neighbor{
		Addr:  plainAddress(e.Addr),
		MAC:   net.HardwareAddr(e.LinkAddr),
		Card:  card,
		State: strings.ToUpper(e.State.String()),
	}
}
