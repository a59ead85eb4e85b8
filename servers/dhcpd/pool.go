package dhcpd

import (
	"bytes"
	"container/heap"
	"net"
	"net/netip"
	"slices"
	"time"
)

// pool knows who has which address of a network. It is the server's lock that
// guards it.
//
// A client gets, as RFC 2131 §4.3.1 says: the address reserved for it; or that
// which it has, or had; or that which it asks for; or one that nobody had yet;
// or the one that has been free for the longest.
type pool struct {
	*Network
	common   []byte                // options of every reply
	kept     map[netip.Addr]bool   // not for everybody: reserved, or a server's or router's
	reserved map[string]netip.Addr // by client: see reservationOf
	entries  map[netip.Addr]*entry // every address that was ever given
	clients  map[string]*entry     // the client's address
	aging    aging                 // the entries, the one that ends first at the top
	fresh    netip.Addr            // the first that nobody had yet
	ranges   []Range               // where fresh goes on
}

// entry is a lease in its pool.
type entry struct {
	Lease
	place int // in aging
}

func newPool(n *Network, id netip.Addr) (*pool, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	p := &pool{
		Network: n, common: n.common(), kept: map[netip.Addr]bool{id: true}, reserved: make(map[string]netip.Addr),
		entries: make(map[netip.Addr]*entry), clients: make(map[string]*entry),
		ranges: slices.Clone(n.Pool),
	}
	for _, a := range n.Routers {
		p.kept[a] = true
	}
	for _, r := range n.Reservations {
		p.kept[r.Addr] = true
		if len(r.MAC) > 0 {
			p.reserved["mac "+string(r.MAC)] = r.Addr
		}
		if len(r.ClientID) > 0 {
			p.reserved["id "+string(r.ClientID)] = r.Addr
		}
	}
	if len(p.ranges) > 0 {
		p.fresh = p.ranges[0].First
	}
	return p, nil
}

// poolOf is that of the network which a is of, or nil.
func (s *Server) poolOf(a netip.Addr) *pool {
	for _, p := range s.pools {
		if p.Prefix.Contains(a) {
			return p
		}
	}
	return nil
}

// client is who asks.
type client struct {
	id   []byte
	mac  net.HardwareAddr
	name string
}

// reservation is the address kept for c.
func (p *pool) reservation(c *client) (netip.Addr, bool) {
	if len(p.reserved) == 0 {
		return netip.Addr{}, false
	}
	if a, ok := p.reserved["id "+string(c.id)]; ok {
		return a, true
	}
	a, ok := p.reserved["mac "+string(c.mac)]
	return a, ok
}

// choose finds an address for c; ok is false when there is none.
func (p *pool) choose(c *client, wish netip.Addr, now time.Time) (a netip.Addr, ok bool) {
	if a, ok := p.reservation(c); ok && p.free(a, c, now) {
		return a, true
	}
	if e := p.clients[string(c.id)]; e != nil && p.may(e.Addr, c) && p.free(e.Addr, c, now) {
		return e.Addr, true
	}
	if wish.IsValid() && p.may(wish, c) && p.free(wish, c, now) {
		return wish, true
	}
	if a, ok := p.unused(); ok {
		return a, true
	}
	return p.oldest(c, now)
}

// may reports whether c, of all clients, may have a.
func (p *pool) may(a netip.Addr, c *client) bool {
	if mine, ok := p.reservation(c); ok && mine == a {
		return true
	}
	return p.lends(a) && !p.kept[a]
}

// free reports whether nobody but c holds a.
func (p *pool) free(a netip.Addr, c *client, now time.Time) bool {
	e := p.entries[a]
	return e == nil || e.over(now) || e.State != Declined && string(e.Client) == string(c.id)
}

// unused is the next address that nobody had yet.
func (p *pool) unused() (netip.Addr, bool) {
	for len(p.ranges) > 0 {
		a := p.fresh
		if !p.ranges[0].Contains(a) {
			p.ranges = p.ranges[1:]
			if len(p.ranges) > 0 {
				p.fresh = p.ranges[0].First
			}
			continue
		}
		if p.entries[a] == nil && !p.kept[a] {
			return a, true
		}
		p.fresh = a.Next()
	}
	return netip.Addr{}, false
}

// oldest is the address that became free before all others. Those that may
// not be lent any more are forgotten on the way.
func (p *pool) oldest(c *client, now time.Time) (netip.Addr, bool) {
	for len(p.aging) > 0 && p.aging[0].over(now) {
		e := p.aging[0]
		if p.may(e.Addr, c) {
			return e.Addr, true
		}
		p.leave(e)
		delete(p.entries, e.Addr)
		heap.Pop(&p.aging)
	}
	return netip.Addr{}, false
}

// keep notes that c has a, in that state, until then. The bytes of c are those of a
// packet, and are copied unless they are here already.
func (p *pool) keep(a netip.Addr, c *client, state State, now, until time.Time) *Lease {
	l := Lease{Addr: a, Name: c.name, State: state, Since: now, Until: until}
	if e := p.clients[string(c.id)]; e != nil && bytes.Equal(e.MAC, c.mac) {
		l.Client, l.MAC = e.Client, e.MAC
	} else {
		l.Client, l.MAC = bytes.Clone(c.id), bytes.Clone(c.mac)
	}
	return p.put(l)
}

// put makes l what is known of its address. A client has one address of a
// network: of another one that it had, it is the holder no more.
func (p *pool) put(l Lease) *Lease {
	if old := p.clients[string(l.Client)]; old != nil && old.Addr != l.Addr {
		p.retire(old, &l)
	}
	e := p.entries[l.Addr]
	if e == nil {
		e = &entry{Lease: l}
		p.entries[l.Addr] = e
		heap.Push(&p.aging, e)
	} else {
		p.leave(e)
		e.Lease = l
		heap.Fix(&p.aging, e.place)
	}
	if len(l.Client) > 0 {
		p.clients[string(l.Client)] = e
	}
	return &e.Lease
}

// retire takes an entry from its client, which now has l. While l is but an
// offer, the client may go on to use the address that is lent to it.
func (p *pool) retire(e *entry, l *Lease) {
	p.leave(e)
	e.Client = nil
	if e.State == Bound && l.State == Offered {
		return
	}
	e.State, e.Until = Released, l.Since
	heap.Fix(&p.aging, e.place)
}

// leave ends the client's hold of its entry.
func (p *pool) leave(e *entry) {
	if p.clients[string(e.Client)] == e {
		delete(p.clients, string(e.Client))
	}
}

// of is what the client has, or had; nil: nothing.
func (p *pool) of(c *client) *Lease {
	if e := p.clients[string(c.id)]; e != nil {
		return &e.Lease
	}
	return nil
}

func (p *pool) snapshot(now time.Time) []Lease {
	all := make([]Lease, 0, len(p.entries))
	for _, e := range p.entries {
		l := e.Lease
		if l.State == Bound && l.over(now) {
			l.State = Expired
		}
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b Lease) int { return a.Addr.Compare(b.Addr) })
	return all
}

// aging is a heap of entries: what ends first is on top.
type aging []*entry

func (h aging) Len() int           { return len(h) }
func (h aging) Less(i, j int) bool { return h[i].Until.Before(h[j].Until) }
func (h aging) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is for package heap.
func (h *aging) Push(x any) {
	e := x.(*entry)
	e.place = len(*h)
	*h = append(*h, e)
}

// Pop is for package heap.
func (h *aging) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
