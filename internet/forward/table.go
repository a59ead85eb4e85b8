package forward

import (
	"fmt"
	"net/netip"
	"slices"
)

// Route says where packets to a set of addresses go next.
type Route struct {
	// Prefix is the set of destinations, as 10.0.0.0/8 or 2001:db8::/32.
	// 0.0.0.0/0 or ::/0 is the default route.
	Prefix netip.Prefix

	// Via is the next router. Without one the destination itself is on the
	// link: the network is directly connected.
	Via netip.Addr

	// Out is the number of the interface that leads there.
	Out int

	// Prohibited makes this a route to nowhere: packets are dropped, and
	// their senders told that it is forbidden.
	Prohibited bool
}

// nextHop is the node on the link that the packet is handed to.
func (r Route) nextHop(dst netip.Addr) netip.Addr {
	if r.Via.IsValid() {
		return r.Via
	}
	return dst
}

func (r Route) String() string {
	switch {
	case r.Prohibited:
		return fmt.Sprintf("%v prohibited", r.Prefix)
	case r.Via.IsValid():
		return fmt.Sprintf("%v via %v on %d", r.Prefix, r.Via, r.Out)
	}
	return fmt.Sprintf("%v on %d", r.Prefix, r.Out)
}

// Table is a forwarding table: it finds the route with the longest prefix
// that matches an address (the book's §4.2.1; RFC 1812 §5.2.4.3). A Table is
// never changed once it is made, so that any number of goroutines may look
// things up in it. The nil Table has no routes.
type Table struct {
	routes map[netip.Prefix]Route
	bits4  []int // the lengths of IPv4 prefixes that occur, longest first
	bits6  []int
}

// NewTable makes a table. Of two routes with the same prefix the first counts.
func NewTable(routes []Route) *Table {
	t := &Table{routes: make(map[netip.Prefix]Route, len(routes))}
	for _, r := range routes {
		r.Prefix = r.Prefix.Masked()
		if _, known := t.routes[r.Prefix]; known || !r.Prefix.IsValid() {
			continue
		}
		t.routes[r.Prefix] = r
		if r.Prefix.Addr().Is4() {
			t.bits4 = append(t.bits4, r.Prefix.Bits())
		} else {
			t.bits6 = append(t.bits6, r.Prefix.Bits())
		}
	}
	t.bits4, t.bits6 = longestFirst(t.bits4), longestFirst(t.bits6)
	return t
}

func longestFirst(bits []int) []int {
	slices.Sort(bits)
	slices.Reverse(bits)
	return slices.Compact(bits)
}

// Lookup finds the route to dst. It cuts dst down to each length of prefix
// that the table holds, the longest first, and asks whether just that prefix
// is there: the time depends on how many lengths there are (in practice
// three or four), and not on how many routes.
func (t *Table) Lookup(dst netip.Addr) (Route, bool) {
	if t == nil {
		return Route{}, false
	}
	lengths := t.bits6
	if dst.Is4() {
		lengths = t.bits4
	}
	for _, bits := range lengths {
		prefix, err := dst.Prefix(bits)
		if err != nil {
			return Route{}, false
		}
		if route, ok := t.routes[prefix]; ok {
			return route, true
		}
	}
	return Route{}, false
}
