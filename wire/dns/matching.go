package dns

import (
	"net/netip"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// dissector remembers who has asked what, to know the replies that nobody asked
// for: what a resolver must not believe (RFC 5452).
type dissector struct {
	waiting dissect.Recent[ticket, *asked]
	newest  dissect.Recent[netip.AddrPort, *asked] // each client's last question
}

// ticket is what a reply must show: it comes to the port that asked, with the
// ID of the question.
type ticket struct {
	client netip.AddrPort
	id     uint16
}

// asked is a question on its way.
type asked struct {
	ref        dissect.Ref
	server     netip.AddrPort
	question   Question
	room       int  // how long the reply may be
	answered   bool // a reply has come,
	superseded bool // or the client has asked again
	several    bool // there may be many replies: a zone transfer
}

func (d *dissector) asked(m *Message, from, to netip.AddrPort, ref dissect.Ref) {
	a := &asked{ref: ref, server: to, room: classicUDP}
	if m.EDNS != nil {
		a.room = max(m.EDNS.Size, classicUDP)
	}
	if len(m.Questions) > 0 {
		a.question = m.Questions[0]
		a.several = a.question.Type == typeAXFR || a.question.Type == typeIXFR
	}
	if last, ok := d.newest.Get(from); ok && last.question.same(a.question) {
		last.superseded = true
	}
	d.waiting.Put(ticket{from, m.ID}, a)
	d.newest.Put(from, a)
}

func (q Question) same(o Question) bool {
	return q.Type == o.Type && q.Class == o.Class && strings.EqualFold(q.Name, o.Name)
}

// answered finds the question that a reply belongs to, and what is wrong about
// how the two fit. On a TCP connection whose beginning was not seen, the
// question may have been there.
func (d *dissector) answered(m *Message, from, to netip.AddrPort, over *dissect.Stream) (a asked, found []dissect.Finding) {
	a.room = classicUDP
	tcp := over != nil
	waiting, ok := d.waiting.Get(ticket{to, m.ID})
	if !ok && tcp && over.Midway {
		return a, nil
	}
	if !ok {
		if last, ok := d.newest.Get(to); ok {
			a = *last
			return a, []dissect.Finding{finding("response.id", 5452, "9.1", place{0, 2}, dissect.Wrong)}
		}
		return a, []dissect.Finding{finding("response.unasked", 5452, "9.1", place{0, 2}, dissect.Warning)}
	}
	if waiting.server != from {
		f := finding("response.source", 5452, "9.1", place{0, 2}, dissect.Wrong)
		f.Args = map[string]any{"Asked": waiting.server.String(), "From": from.String()}
		found = append(found, f)
	}
	if len(m.Questions) > 0 && !m.Questions[0].same(waiting.question) {
		found = append(found, finding("response.question", 5452, "9.1", m.Questions[0].place, dissect.Wrong))
	}
	if len(found) == 0 && !waiting.several && !tcp && (waiting.answered || waiting.superseded) {
		found = append(found, finding("response.late", 1035, "7.3", place{0, 2}, dissect.Notice))
	}
	if len(found) == 0 {
		waiting.answered = true
	}
	return *waiting, found
}
