package wire

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
)

// translations are what NATs do to packets. A NAT changes a packet's ends on its
// way, and what comes back is addressed to the changed ones:
//
//	home ---[ 192.168.1.10:4000 > 203.0.113.21:21 ]--- NAT ---[ 192.0.2.1:61000 > 203.0.113.21:21 ]--- ftp
//
// Who looks only at what each host has sent, sees the two directions of one
// connection as two connections. But an observer of all links sees the same
// packet before the NAT and behind it, and so learns what is what: all is then
// read as if it went between the ends that the first packet had.
type translations struct {
	used   bool                          // there is a NAT
	near   dissect.Recent[ends, ends]    // as a packet has them: as they are read
	far    dissect.Recent[ends, ends]    // as they are read: as they are behind the NAT
	shifts dissect.Recent[ends, []shift] // of acknowledgments, by the ends as they are read
}

// ends are who sends a packet, and to whom. An echo's identifier stands for the
// ports, which ICMP has not.
type ends struct {
	protocol packet.Protocol
	from, to netip.AddrPort
}

// shift is how much longer all that was sent up to a sequence number has become
// by a NAT's helper, which writes addresses anew.
type shift struct{ from, by uint32 }

const maxShifts = 64

func (e ends) reverse() ends { return ends{e.protocol, e.to, e.from} }

func endsOf(p *packet.Packet) ends {
	from, to := p.FromPort, p.ToPort
	if request, reply := p.Echo(); request || reply {
		from = uint16(p.ICMPRest >> 16)
		to = from
	}
	return ends{p.Protocol, netip.AddrPortFrom(p.From, from), netip.AddrPortFrom(p.To, to)}
}

func (e ends) into(p *packet.Packet) {
	p.From, p.To = e.from.Addr(), e.to.Addr()
	if request, reply := p.Echo(); request || reply {
		p.ICMPRest = uint32(e.from.Port())<<16 | p.ICMPRest&0xffff
		return
	}
	p.FromPort, p.ToPort = e.from.Port(), e.to.Port()
}

// read gives a packet the ends that its conversation began with.
func (t *translations) read(p *packet.Packet) {
	if !t.used || !p.IP() {
		return
	}
	if quoted, ok := p.Quoted(); ok {
		t.readError(p, &quoted)
		return
	}
	if known, ok := t.near.Get(endsOf(p)); ok {
		known.into(p)
	}
	if p.Has(packet.TCP) && p.Flags&packet.ACK != 0 {
		p.Ack -= t.shifted(endsOf(p), p.Ack)
	}
}

// readError has an ICMP error go to the host whose packet it is about.
func (t *translations) readError(p, quoted *packet.Packet) {
	if known, ok := t.quoted(quoted); ok && p.To == quoted.From {
		p.To = known.from.Addr()
	}
}

// quoted is what the ends of a packet were that an ICMP error tells of.
func (t *translations) quoted(q *packet.Packet) (ends, bool) {
	if !t.used {
		return ends{}, false
	}
	known, ok := t.near.Get(endsOf(q).reverse())
	return known.reverse(), ok
}

func (t *translations) shifted(e ends, ack uint32) (by uint32) {
	shifts, _ := t.shifts.Get(e)
	for _, s := range shifts {
		if int32(ack-s.from) >= 0 {
			by = s.by
		}
	}
	return by
}

// learn compares a packet as a router has sent it with what it was on its first
// link, and reports whether its ends are others, and this is news.
func (t *translations) learn(first, later *packet.Packet) (news bool) {
	was, is := endsOf(first), endsOf(later)
	if was == is {
		t.learnShift(was, first, later)
		return false
	}
	back, read := is.reverse(), was.reverse()
	if known, ok := t.near.Get(back); !ok || known != read {
		t.used, news = true, true
		t.near.Put(back, read)
		t.far.Put(was, is)
	}
	t.learnShift(was, first, later)
	return news
}

// learnShift notes that a segment's data has become longer or shorter.
func (t *translations) learnShift(was ends, first, later *packet.Packet) {
	if !first.Has(packet.TCP) || len(first.Payload()) == len(later.Payload()) {
		return
	}
	end, far := first.Seq+uint32(len(first.Payload())), later.Seq+uint32(len(later.Payload()))
	key := was.reverse()
	shifts, _ := t.shifts.Get(key)
	s := shift{from: far, by: far - end}
	if slices.Contains(shifts, s) {
		return
	}
	t.used = true
	shifts = append(shifts[:len(shifts):len(shifts)], s)
	t.shifts.Put(key, shifts[max(0, len(shifts)-maxShifts):])
}

// translated is how the other side knows the two ends of a connection.
func (t *translations) translated(client, server netip.AddrPort) (netip.AddrPort, netip.AddrPort) {
	if is, ok := t.far.Get(ends{packet.TCP, client, server}); ok {
		return is.from, is.to
	}
	return client, server
}

// crossed takes a packet's sighting on a later link, which a router has put
// there, and learns whether the router is a NAT.
func (w *Watcher) crossed(f *frame.Frame) {
	if f.Link == nil || f.From().Kind != frame.Router {
		return
	}
	s := w.history.find(f.ID)
	if s == nil || sameEnds(s.Frame.Data, f.Data) {
		return
	}
	var first, later packet.Packet
	first.Decode(s.Frame.Data)
	later.Decode(f.Data)
	if !first.IP() || !later.IP() || first.Fragments.Part() || later.Fragments.Part() {
		return
	}
	w.translations.read(&first)
	if w.translations.learn(&first, &later) && first.Has(packet.TCP) {
		w.reached(&first, &later, s)
	}
	if later.Faults == 0 && first.Has(packet.TCP) && !bytes.Equal(first.Payload(), later.Payload()) {
		w.rewritten(s, later.Payload())
	}
}

// rewritten tells that a NAT's helper has changed a message on its way: what
// arrives is not what was sent.
func (w *Watcher) rewritten(s *sighting, now []byte) {
	const key = "finding.nat.rewritten"
	if len(s.records) != 1 {
		return // nobody can say which part of it is which message
	}
	m := *s.records[0].message
	if m.Carriers != 1 || m.Has(key) {
		return
	}
	m.Findings = append(slices.Clone(m.Findings), Finding{
		Key: key, RFC: 2663, Section: "7.1", Length: m.Size, Severity: Notice,
		Args: map[string]any{"Name": dissect.Text(bytes.TrimRight(now, "\r\n"), 80)},
	})
	s.records[0].message = &m
	w.tell(&m, true)
}

// sameEnds reports whether two frames are of one length and have the same
// addresses and ports, as nearly all have: a quick look, where IP's header has
// no options.
func sameEnds(a, b []byte) bool {
	const (
		network = 14
		v4, v6  = network + 12, network + 8 // where the addresses are, and then the ports
	)
	from, to := v4, v4+8+4
	if len(a) > network && a[network]>>4 == 6 {
		from, to = v6, v6+32+4
	}
	return len(a) == len(b) && len(a) >= to && bytes.Equal(a[from:to], b[from:to])
}
