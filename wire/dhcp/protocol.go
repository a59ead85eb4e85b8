package dhcp

import (
	"net/netip"

	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	serverPort = 67
	clientPort = 68
)

// Protocol is DHCP on ports 67 and 68.
var Protocol = dissect.Protocol{
	Name: "DHCP",
	UDP:  []uint16{serverPort, clientPort},
	New:  func() any { return new(dissector) },
	Keys: keys(),
}

// dissector remembers which request has which number, to know the replies.
type dissector struct {
	waiting dissect.Recent[ticket, *asked]
}

// ticket is what a reply shows: the number and hardware address of the request.
// Between client and relay agent, and between relay agent and server, the same
// message has the same number.
type ticket struct {
	xid      uint32
	hardware string
	relay    bool // between a relay agent and a server
}

// asked is a request on its way.
type asked struct {
	ref    dissect.Ref
	inform bool
	server netip.Addr // who has offered an address
}

// Datagram dissects a message.
func (d *dissector) Datagram(g *dissect.Datagram) *dissect.Part {
	m, found := Parse(g.Payload)
	if m == nil {
		return nil
	}
	part := &dissect.Part{Value: m, Fields: fields}
	var answered *asked
	if m.Reply {
		answered, _ = d.waiting.Get(m.ticket(g.To.Port()))
		found = append(found, m.unexpected(answered)...)
		if answered != nil {
			part.Answers = answered.ref
		}
	} else {
		at := m.ticket(g.From.Port())
		d.waiting.Put(at, &asked{ref: g.Ref, inform: m.Type == "INFORM"})
	}
	found = append(found, m.rules(answered)...)
	m.describe(part, g.To.Addr(), found)
	return part
}

func (m *Message) ticket(port uint16) ticket {
	return ticket{m.XID, string(m.Hardware), port == serverPort}
}

// unexpected finds what is remarkable about a reply, given what it answers.
func (m *Message) unexpected(a *asked) []dissect.Finding {
	if a == nil {
		return []dissect.Finding{finding("reply.unasked", 2131, "4.4.1", 4, 4, dissect.Warning)}
	}
	server := m.Addr(54)
	if m.Type != "OFFER" || !server.IsValid() {
		return nil
	}
	first := a.server
	a.server = server
	if first.IsValid() && first != server {
		o := m.find(54)
		return []dissect.Finding{finding("offer.another", 2131, "3.1", o.at, 6, dissect.Notice)}
	}
	return nil
}

// rules finds what breaks the rules of the message's type (RFC 2131 tables 3
// to 5).
func (m *Message) rules(answered *asked) []dissect.Finding {
	var found []dissect.Finding
	wrong := func(name, section string, at, length int) {
		found = append(found, finding(name, 2131, section, at, length, dissect.Wrong))
	}
	if m.Type == "" {
		return nil
	}
	fromServer := m.Type == "OFFER" || m.Type == "ACK" || m.Type == "NAK"
	if m.Reply != fromServer {
		wrong("op", "4.3.1", 0, 1)
	}
	kind := m.find(53)
	switch m.Type {
	case "OFFER", "ACK", "NAK", "DECLINE", "RELEASE":
		if m.find(54) == nil {
			wrong("server.missing", "4.3.1", kind.at, 3)
		}
	case "REQUEST":
		if m.find(50) == nil && !m.Client.IsValid() {
			wrong("request.empty", "4.3.2", 12, 4)
		}
		if o := m.find(54); o != nil && m.Client.IsValid() {
			wrong("request.ciaddr", "4.3.2", 12, 4)
		}
	}
	informed := answered != nil && answered.inform
	switch lease := m.find(51); {
	case m.Type == "OFFER" && lease == nil, m.Type == "ACK" && lease == nil && m.Yours.IsValid():
		wrong("lease.missing", "4.3.1", kind.at, 3)
	case m.Type == "ACK" && informed && lease != nil:
		wrong("lease.informed", "4.3.5", lease.at, 2+len(lease.Data))
	}
	t1, ok1 := m.Seconds(58)
	t2, ok2 := m.Seconds(59)
	if lease, ok := m.Seconds(51); ok && (ok1 && t1 >= lease || ok2 && t2 >= lease || ok1 && ok2 && t1 >= t2) && fromServer {
		wrong("times", "4.4.5", m.find(51).at, 6)
	}
	return found
}
