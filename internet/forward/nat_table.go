package forward

import (
	"net/netip"
	"time"
)

// For how long a session lasts in which nothing is said: at least what RFC 4787
// §4.3 (REQ-5), RFC 5382 §5 (REQ-5) and RFC 5508 §3.2 (REQ-2) ask for. Packets of
// both directions count; those from outside can only come from a remote that
// somebody inside wrote to.
const (
	udpLifetime           = 5 * time.Minute
	icmpLifetime          = 60 * time.Second
	tcpLifetime           = 2*time.Hour + 4*time.Minute // two keep-alives of RFC 1122 §4.2.3.6
	tcpTransitoryLifetime = 4 * time.Minute             // while it is being opened or closed
	expectedLifetime      = tcpTransitoryLifetime       // until who is expected has come
)

// anyPort, in a session's remote endpoint, means that one connection from that
// address is expected, whatever its port.
const anyPort = 0

// mapping is an endpoint inside and its port outside. It lasts as long as it has
// sessions; a static one lasts for ever.
type mapping struct {
	protocol Protocol
	inside   endpoint
	port     uint16
	static   bool
	sessions int
}

// session is what an endpoint inside has with one remote endpoint.
type session struct {
	mapping *mapping
	remote  endpoint
	expires time.Time
	tcp     tcpState // of TCP
	control *control // of an FTP control connection that is read along, or nil
}

// outFlow is the flow of packets that the session's host sends.
func (s *session) outFlow() flow { return flow{s.mapping.protocol, s.mapping.inside, s.remote} }

// inFlow is that of packets that come back. Their destination's address is the
// shared one, and is left out.
func (s *session) inFlow() flow {
	return flow{s.mapping.protocol, s.remote, endpoint{port: s.mapping.port}}
}

func (s *session) lifetime() time.Duration {
	switch {
	case s.remote.port == anyPort && s.mapping.protocol == TCP:
		return expectedLifetime
	case s.mapping.protocol == TCP:
		return s.tcp.lifetime()
	case s.mapping.protocol == UDP:
		return udpLifetime
	}
	return icmpLifetime
}

// place is a port, inside or outside, of one protocol.
type place struct {
	protocol Protocol
	endpoint endpoint
}

// table is the NAT translation table. It is bounded: when it is full, nobody new
// gets through, but who is in stays in.
type table struct {
	byInside  map[place]*mapping
	byOutside map[place]*mapping // the place has no address
	out, in   map[flow]*session
	hosts     map[[4]byte]int // how many sessions each host has

	maxSessions, maxPerHost int

	// sweepAt is when the first session may expire: before, there is nothing to
	// sweep out.
	sweepAt time.Time
}

func (t *table) init(maxSessions, maxPerHost int) {
	t.byInside, t.byOutside = make(map[place]*mapping), make(map[place]*mapping)
	t.out, t.in = make(map[flow]*session), make(map[flow]*session)
	t.hosts = make(map[[4]byte]int)
	t.maxSessions, t.maxPerHost = maxSessions, maxPerHost
}

func (t *table) addStatic(protocol Protocol, port uint16, inside endpoint) {
	t.keep(&mapping{protocol: protocol, inside: inside, port: port, static: true})
}

// keep enters a mapping. Of two ports that are forwarded to one endpoint, that
// endpoint's own words come from the first.
func (t *table) keep(m *mapping) {
	t.byOutside[place{m.protocol, endpoint{port: m.port}}] = m
	if inside := (place{m.protocol, m.inside}); t.byInside[inside] == nil {
		t.byInside[inside] = m
	}
}

// at is the mapping that has a port outside, or nil.
func (t *table) at(protocol Protocol, port uint16) *mapping {
	return t.byOutside[place{protocol, endpoint{port: port}}]
}

// of is the mapping that an endpoint inside has, or nil.
func (t *table) of(protocol Protocol, inside endpoint) *mapping {
	return t.byInside[place{protocol, inside}]
}

// outgoing finds the session that a packet from inside belongs to.
func (t *table) outgoing(f flow, now time.Time) *session { return t.living(t.out[f], now) }

// incoming finds the session that a packet to the shared address belongs to.
func (t *table) incoming(f flow, now time.Time) *session {
	f.dst.addr = [4]byte{}
	return t.living(t.in[f], now)
}

func (t *table) living(s *session, now time.Time) *session {
	if s != nil && !now.Before(s.expires) {
		t.remove(s)
		return nil
	}
	return s
}

// open makes a session, or returns nil when there is no room.
func (t *table) open(m *mapping, remote endpoint, now time.Time) *session {
	s := &session{mapping: m, remote: remote}
	t.sweep(now)
	if len(t.in) >= t.maxSessions || t.hosts[m.inside.addr] >= t.maxPerHost {
		return nil
	}
	if remote.port != anyPort || m.protocol == ICMP {
		if t.out[s.outFlow()] != nil {
			return nil // two forwarded ports lead to one endpoint, and this remote uses both
		}
		t.out[s.outFlow()] = s
	}
	t.in[s.inFlow()] = s
	t.hosts[m.inside.addr]++
	if m.sessions++; m.sessions == 1 && !m.static {
		t.keep(m)
	}
	t.touch(s, now)
	return s
}

// touch lets a session begin to wait anew.
func (t *table) touch(s *session, now time.Time) {
	s.expires = now.Add(s.lifetime())
	if t.sweepAt.IsZero() || s.expires.Before(t.sweepAt) {
		t.sweepAt = s.expires
	}
}

func (t *table) remove(s *session) {
	m := s.mapping
	if t.out[s.outFlow()] == s {
		delete(t.out, s.outFlow())
	}
	delete(t.in, s.inFlow())
	if t.hosts[m.inside.addr]--; t.hosts[m.inside.addr] == 0 {
		delete(t.hosts, m.inside.addr)
	}
	if m.sessions--; m.sessions == 0 && !m.static {
		delete(t.byOutside, place{m.protocol, endpoint{port: m.port}})
		delete(t.byInside, place{m.protocol, m.inside})
	}
}

// sweep removes what has expired.
func (t *table) sweep(now time.Time) {
	if t.sweepAt.IsZero() || now.Before(t.sweepAt) {
		return
	}
	t.sweepAt = time.Time{}
	for _, s := range t.in {
		if t.living(s, now) != nil && (t.sweepAt.IsZero() || s.expires.Before(t.sweepAt)) {
			t.sweepAt = s.expires
		}
	}
}

// rows lists what is in the table, and static mappings that nobody uses.
func (t *table) rows(now time.Time, outside netip.Addr) []Mapping {
	t.sweep(now)
	var rows []Mapping
	row := func(m *mapping) Mapping {
		return Mapping{
			Protocol: m.protocol,
			Inside:   m.inside.addrPort(),
			Outside:  netip.AddrPortFrom(outside, m.port),
			Static:   m.static,
		}
	}
	for _, m := range t.byOutside {
		if m.sessions == 0 {
			rows = append(rows, row(m))
		}
	}
	for _, s := range t.in {
		r := row(s.mapping)
		r.Remote, r.Expires = s.remote.addrPort(), s.expires
		rows = append(rows, r)
	}
	return rows
}
