package internet

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// Route is a line of a table of routes: packets for Dst go by way of the
// router Via, or straight over the card when there is no Via.
type Route struct {
	Dst  netip.Prefix `json:"destination"`
	Via  netip.Addr   `json:"via,omitzero"`   // the next hop; the zero Addr: the destination itself
	Card string       `json:"card,omitempty"` // "" means the card on whose network Via is
}

// AddRoute adds a route to those that the cards' own addresses make.
func (m *machine) AddRoute(r Route) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.checkRoute(r); err != nil {
		return fmt.Errorf("add route to %s: %w", m.name, err)
	}
	m.routes = append(m.routes, r)
	m.setStackRoutes()
	return nil
}

// SetRoutes replaces all routes but those that the cards' addresses make.
func (m *machine) SetRoutes(routes []Route) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range routes {
		if err := m.checkRoute(r); err != nil {
			return fmt.Errorf("set routes of %s: %w", m.name, err)
		}
	}
	m.routes = slices.Clone(routes)
	m.setStackRoutes()
	return nil
}

func (m *machine) checkRoute(r Route) error {
	switch {
	case !r.Dst.IsValid():
		return errors.New("a route needs a destination, as 0.0.0.0/0")
	case r.Via.IsValid() && r.Via.Is4() != r.Dst.Addr().Is4():
		return fmt.Errorf("%v cannot be reached by way of %v: one is IPv4, the other IPv6", r.Dst, r.Via)
	case r.Card != "":
		_, err := m.findCard(r.Card)
		return err
	case !r.Via.IsValid():
		return fmt.Errorf("the route to %v needs a next hop or a card", r.Dst)
	case m.cardFor(r) == nil:
		return fmt.Errorf("the next hop %v is on no network of %s", r.Via, m.name)
	}
	return nil
}

// cardFor is the card that a route leads over, or nil.
func (m *machine) cardFor(r Route) *Card {
	if r.Card != "" {
		return m.card(r.Card)
	}
	for _, c := range m.cards {
		for _, p := range c.addresses {
			if p.Contains(r.Via) {
				return c
			}
		}
	}
	return nil
}

// Routes is the table of routes, the longest prefix first: the first that
// contains an address is the one to take.
func (m *machine) Routes() []Route {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sortedRoutes()
}

func (m *machine) sortedRoutes() []Route {
	var routes []Route
	for _, c := range m.cards {
		for _, p := range c.addresses {
			routes = append(routes, Route{Dst: p.Masked(), Card: c.name})
		}
	}
	for _, r := range m.routes {
		if c := m.cardFor(r); c != nil {
			r.Card = c.name
			r.Dst = r.Dst.Masked()
			routes = append(routes, r)
		}
	}
	slices.SortStableFunc(routes, func(a, b Route) int { return cmp.Compare(b.Dst.Bits(), a.Dst.Bits()) })
	return routes
}

// onEveryCard are the destinations that need no router: each card reaches them.
var onEveryCard = []netip.Prefix{
	netip.MustParsePrefix("255.255.255.255/32"), // the limited broadcast
	netip.MustParsePrefix("fe80::/64"),
	netip.MustParsePrefix("ff00::/8"),
	netip.MustParsePrefix("224.0.0.0/4"),
}

// setStackRoutes gives the stack its table, sorted: it takes the first route
// that matches.
func (m *machine) setStackRoutes() {
	m.several.Store(m.hasSeveral())
	routes := m.sortedRoutes()
	for _, c := range m.cards {
		for _, p := range onEveryCard {
			routes = append(routes, Route{Dst: p, Card: c.name})
		}
	}
	slices.SortStableFunc(routes, func(a, b Route) int { return cmp.Compare(b.Dst.Bits(), a.Dst.Bits()) })
	table := make([]tcpip.Route, 0, len(routes))
	for _, r := range routes {
		to := tcpip.AddressWithPrefix{Address: stackAddress(r.Dst.Addr()), PrefixLen: r.Dst.Bits()}
		table = append(table, tcpip.Route{
			Destination: to.Subnet(),
			Gateway:     stackAddress(r.Via),
			NIC:         m.card(r.Card).id,
		})
	}
	m.stack.SetRouteTable(table)
	if m.onRoutes != nil {
		m.onRoutes()
	}
}
