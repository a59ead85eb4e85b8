package tftp

import (
	"net/netip"
	"reflect"
	"strconv"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Protocol is TFTP, whose requests go to port 69.
var Protocol = dissect.Protocol{
	Name: "TFTP",
	UDP:  []uint16{port},
	New:  func() any { return new(dissector) },
	Keys: keys(),
}

const port = 69

// dissector knows the transfers by the client's TID.
type dissector struct {
	transfers dissect.Recent[netip.AddrPort, *transfer]
}

// Datagram says what g is, and what it means in its transfer.
func (d *dissector) Datagram(g *dissect.Datagram) *dissect.Part {
	m, ok := parse(g.Payload)
	if !ok {
		return d.strange(m, g)
	}
	part := &dissect.Part{Value: m, Summary: m.summary(), Fields: fields}
	if !m.wellFormed() {
		part.Findings = append(part.Findings, finding("malformed", 1350, "5", place{opSize, len(g.Payload) - opSize}, dissect.Wrong))
	}
	var kind string
	switch {
	case m.Op == RRQ || m.Op == WRQ:
		kind = d.asked(m, g, part)
	default:
		kind = d.followed(m, g, part)
	}
	part.Key = "message.tftp." + kind
	part.Args = map[string]any{
		"Name": dissect.Text([]byte(m.Name), 80), "Block": int(m.Block), "Bytes": m.Length,
		"Status": int(m.Code), "Reason": dissect.Text([]byte(m.Text), 80), "Count": len(m.Options),
	}
	return part
}

// strange is a datagram that is none of TFTP's six. At port 69, or in a transfer,
// that is worth a word.
func (d *dissector) strange(m *Message, g *dissect.Datagram) *dissect.Part {
	summary := "?"
	if m != nil {
		summary = "opcode " + strconv.Itoa(int(m.Op))
	}
	return &dissect.Part{
		Summary: summary, Key: "message.tftp.other", Fields: fields,
		Findings: []dissect.Finding{finding("opcode", 1350, "5", place{0, len(g.Payload)}, dissect.Wrong)},
	}
}

// asked begins a transfer, or finds that the client asks again.
func (d *dissector) asked(m *Message, g *dissect.Datagram, part *dissect.Part) (kind string) {
	kind = "read"
	if m.Op == WRQ {
		kind = "write"
	}
	if !modes[m.Mode] && m.wellFormed() {
		part.Findings = append(part.Findings, finding("mode", 1350, "1", m.texts[1], dissect.Wrong))
	}
	for i, o := range m.Options {
		if _, ok := o.number(); !ok {
			if rule, known := options[o.Name]; known {
				f := finding("option.value", rule.rfc, "", m.option(i), dissect.Wrong)
				f.Args = map[string]any{"Name": o.Name}
				part.Findings = append(part.Findings, f)
			}
		}
	}
	if t, ok := d.transfers.Get(g.From); ok && !t.server.IsValid() && t.request.same(m) {
		part.Findings = append(part.Findings, finding("request.again", 1350, "2", place{0, opSize}, dissect.Notice))
		return kind + ".again"
	}
	t := &transfer{request: *m, ref: g.Ref, asked: g.To, block: classicBlock, window: 1, answered: g.Ref}
	t.blocks.Max = 64
	d.transfers.Put(g.From, t)
	g.Expect(dissect.Expectation{Addr: g.From, Name: Protocol.Name, Dissector: d, Every: true})
	return kind
}

func (m *Message) same(o *Message) bool {
	return m.Op == o.Op && m.Name == o.Name && m.Mode == o.Mode && reflect.DeepEqual(m.Options, o.Options)
}

// followed finds the transfer of a datagram, and what it does there.
func (d *dissector) followed(m *Message, g *dissect.Datagram, part *dissect.Part) (kind string) {
	t, fromClient := d.transfers.Get(g.From)
	client, other := g.From, g.To
	if !fromClient {
		t, _ = d.transfers.Get(g.To)
		client, other = g.To, g.From
	}
	kind = m.plainKind()
	if t == nil {
		return kind
	}
	ok, found := t.belongs(m, client, other, fromClient)
	part.Findings = append(part.Findings, found...)
	if !ok {
		return kind
	}
	sends := fromClient == (t.request.Op == WRQ) // the file comes from this side
	if m.Op == DATA && !sends || m.Op == ACK && sends || m.Op == OACK && fromClient {
		part.Findings = append(part.Findings, finding("direction", 1350, "2", place{0, opSize}, dissect.Wrong))
		return kind
	}
	found = nil
	switch m.Op {
	case DATA:
		kind, part.Answers, found = t.data(m, g.Ref)
	case ACK:
		kind, part.Answers, found = t.ack(m, g.Ref)
	case OACK:
		part.Answers = t.ref
		found = t.oack(m, g.Ref)
	case ERROR:
		part.Answers = t.answered
	}
	part.Findings = append(part.Findings, found...)
	return kind
}

// plainKind is what a message is when nothing is known of its transfer.
func (m *Message) plainKind() string {
	switch m.Op {
	case DATA:
		return "data"
	case ACK:
		return "ack"
	case OACK:
		return "oack"
	}
	if m.Code == 5 {
		return "error.tid"
	}
	return "error"
}
