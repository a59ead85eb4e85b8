package stream

import (
	"cmp"
	"net/netip"

	"github.com/wirebook/wirebook/wire/packet"
)

// Table holds the connections that an observer follows. Its memory is bounded:
// when there are too many connections, the one that was silent longest is
// dropped; when too much waits for missing bytes, these are given up.
type Table struct {
	MaxOpen     int // connections that are not closed; 0: 2048
	MaxClosed   int // closed ones, kept to know their last segments again; 0: 1024
	MaxHalf     int // memory for one direction's segments that wait for others; 0: 1 MiB
	MaxBuffered int // and for all of them; 0: 16 MiB

	// Port reports whether a server is likely to listen there: it tells who
	// the client is when the handshake was not seen. Nil: ports below 1024.
	Port func(uint16) bool

	// Gone is told of each connection that leaves the table, its sinks ended.
	Gone func(*Conn)

	Dropped uint64 // open connections that had to leave

	conns      map[pair]*Conn
	open, over list
	buffered   int
	lastID     uint64
}

const (
	defaultOpen     = 2048
	defaultClosed   = 1024
	defaultHalf     = 1 << 20
	defaultBuffered = 16 << 20
)

// pair is a connection's two ends, the smaller one first.
type pair struct{ a, b netip.AddrPort }

func pairOf(a, b netip.AddrPort) pair {
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return pair{a, b}
}

// Find returns the connection that p belongs to, made if it is the first of it,
// and then fresh is true: the caller sets the sinks, and calls Conn.Segment. A
// nil Conn means that p tells of none that is worth following.
func (t *Table) Find(p *packet.Packet) (c *Conn, fresh bool) {
	from, to := p.Ends()
	key := pairOf(from, to)
	if c = t.conns[key]; c != nil {
		if !c.replacedBy(p) {
			t.touch(c)
			return c, false
		}
		t.remove(c)
	}
	if p.Flags&packet.RST != 0 {
		return nil, false
	}
	if t.conns == nil {
		t.conns = make(map[pair]*Conn)
	}
	if t.open.size >= cmp.Or(t.MaxOpen, defaultOpen) {
		t.Dropped++
		t.remove(t.open.oldest)
	}
	t.lastID++
	c = &Conn{ID: t.lastID, table: t, Addr: [2]netip.AddrPort{from, to}}
	if t.fromServer(p) {
		c.Addr[0], c.Addr[1] = to, from
	}
	t.conns[key] = c
	t.open.add(c)
	return c, true
}

// Known returns the connection that p belongs to, or nil.
func (t *Table) Known(p *packet.Packet) *Conn {
	return t.conns[pairOf(p.Ends())]
}

// replacedBy reports whether p opens a new connection between the same ends.
func (c *Conn) replacedBy(p *packet.Packet) bool {
	if p.Flags&(packet.SYN|packet.ACK|packet.RST) != packet.SYN {
		return false
	}
	h := &c.Half[c.SideOf(p)]
	return h.begun && (h.Start != p.Seq || h.Midway)
}

// fromServer guesses who has sent the first segment that was seen.
func (t *Table) fromServer(p *packet.Packet) bool {
	if p.Flags&packet.SYN != 0 {
		return p.Flags&packet.ACK != 0
	}
	known := t.Port
	if known == nil {
		known = func(port uint16) bool { return port < 1024 }
	}
	return known(p.FromPort) && !known(p.ToPort)
}

// All calls f for each connection, the one that was silent longest first.
func (t *Table) All(f func(*Conn)) {
	for _, l := range [...]*list{&t.over, &t.open} {
		for c := l.oldest; c != nil; c = c.younger {
			f(c)
		}
	}
}

// Close ends all connections.
func (t *Table) Close() {
	for t.over.oldest != nil {
		t.remove(t.over.oldest)
	}
	for t.open.oldest != nil {
		t.remove(t.open.oldest)
	}
}

func (t *Table) remove(c *Conn) {
	c.finish(false)
	c.list.remove(c)
	delete(t.conns, pairOf(c.Addr[0], c.Addr[1]))
	if t.Gone != nil {
		t.Gone(c)
	}
}

// closed moves c to those that are over.
func (t *Table) closed(c *Conn) {
	c.list.remove(c)
	t.over.add(c)
	if t.over.size > cmp.Or(t.MaxClosed, defaultClosed) {
		t.remove(t.over.oldest)
	}
}

func (t *Table) touch(c *Conn) {
	if l := c.list; l.youngest != c {
		l.remove(c)
		l.add(c)
	}
}

// account adds what c's directions hold more than before, and gives up where
// it is too much.
func (t *Table) account(c *Conn, more int) {
	t.buffered += more
	for s := range c.Half {
		h := &c.Half[s]
		if h.buffered > cmp.Or(t.MaxHalf, defaultHalf) || h.buffered > 0 && t.buffered > cmp.Or(t.MaxBuffered, defaultBuffered) {
			t.buffered -= h.buffered
			h.giveUpAll()
			t.buffered += h.buffered
		}
	}
}

// list is a list of connections by when they were heard of last.
type list struct {
	oldest, youngest *Conn
	size             int
}

func (l *list) add(c *Conn) {
	c.list, c.older, c.younger = l, l.youngest, nil
	if l.youngest != nil {
		l.youngest.younger = c
	} else {
		l.oldest = c
	}
	l.youngest = c
	l.size++
}

func (l *list) remove(c *Conn) {
	if c.older != nil {
		c.older.younger = c.younger
	} else {
		l.oldest = c.younger
	}
	if c.younger != nil {
		c.younger.older = c.older
	} else {
		l.youngest = c.older
	}
	c.list, c.older, c.younger = nil, nil, nil
	l.size--
}
