package wire

import (
	"fmt"
	"net/netip"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
)

// flow is the two ends of what is said over UDP or ICMP, the smaller one first.
type flow struct {
	protocol packet.Protocol
	a, b     netip.AddrPort
}

// conversation is what is remembered of a flow.
type conversation struct {
	id        uint64
	dissector *dissector // found by the first datagram; nil: plain data
	last      dissect.Ref
}

func (w *Watcher) flow(protocol packet.Protocol, from, to netip.AddrPort) (c *conversation, fresh bool) {
	if to.Compare(from) < 0 {
		from, to = to, from
	}
	key := flow{protocol, from, to}
	c, ok := w.flows.Get(key)
	if !ok {
		w.lastFlow++
		c = &conversation{id: w.lastFlow}
		w.flows.Put(key, c)
	}
	return c, !ok
}

func (w *Watcher) udp(p *packet.Packet, f *frame.Frame, s *sighting, carriers []frame.Frame) {
	from, to := p.Ends()
	c, fresh := w.flow(packet.UDP, from, to)
	if d := w.registry.forUDP(from, to); fresh || c.dissector == nil {
		c.dissector = d
	}
	s.Conversation = c.id
	m := w.begin(p, f, c)
	span := spanOf(p.Payload(), f, carriers)
	var part *dissect.Part
	if p.Faults&packet.BadTransportChecksum == 0 && c.dissector != nil && c.dissector.datagram != nil {
		m.Protocol = c.dissector.name
		part = c.dissector.datagram.Datagram(&dissect.Datagram{
			Ref: dissect.Ref{ID: m.ID, Sent: f.Time}, From: from, To: to,
			Payload: p.Payload(), Expect: w.registry.expect,
		})
	}
	if part == nil {
		m.Protocol = "UDP"
		part = dataPart("message.udp.data", p.Payload())
	}
	part.Findings = append(part.Findings, faults(p)...)
	c.last, _ = w.publish(m, *part, span)
}

// icmp makes messages of echoes, errors and neighbour discovery.
func (w *Watcher) icmp(p *packet.Packet, f *frame.Frame, s *sighting, carriers []frame.Frame) {
	name := "ICMP"
	if p.Protocol == packet.ICMPv6 {
		name = "ICMPv6"
	}
	c, _ := w.flow(p.Protocol, netip.AddrPortFrom(p.From, 0), netip.AddrPortFrom(p.To, 0))
	s.Conversation = c.id
	m := w.begin(p, f, c)
	part := dissect.Part{Protocol: name, Summary: p.Summary(packet.Relative{}), Findings: faults(p)}
	part.Key, part.Args = icmpKey(p)
	request, reply := p.Echo()
	target := p.Target()
	switch quoted, ok := p.Quoted(); {
	case ok:
		if known, ok := w.translations.quoted(&quoted); ok {
			known.into(&quoted)
		}
		from, to := quoted.Ends()
		about, _ := w.flow(quoted.Protocol, from, to)
		part.Answers, m.Conversation, s.Conversation = about.last, about.id, about.id
	case request:
		w.questions.Put(question{p.Protocol, p.From, p.To, p.ICMPRest}, dissect.Ref{ID: m.ID, Sent: f.Time})
	case reply:
		part.Answers = w.answers(question{p.Protocol, p.To, p.From, p.ICMPRest})
	case target.IsValid() && p.ICMPType == packet.NeighborSolicitation:
		w.questions.Put(question{p.Protocol, p.From, target, 0}, dissect.Ref{ID: m.ID, Sent: f.Time})
	case target.IsValid():
		part.Answers = w.answers(question{p.Protocol, p.To, target, 0})
	case p.Protocol == packet.ICMPv6:
		m.Packet = true // routers and groups, not part of any story
	}
	part.Fields = layersFrom(p)
	c.last, _ = w.publish(m, part, spanOf(p.Segment(), f, carriers))
}

// arp makes messages of requests and replies (RFC 826).
func (w *Watcher) arp(p *packet.Packet, f *frame.Frame, s *sighting) {
	if p.ARPOp == 0 {
		return
	}
	c, _ := w.flow(0, netip.AddrPortFrom(p.From, 0), netip.AddrPortFrom(p.To, 0))
	s.Conversation = c.id
	m := w.begin(p, f, c)
	if p.ARPOp == packet.ARPRequest {
		m.To.Host = w.names.host(p.To) // who is meant, though everybody hears it
	}
	part := dissect.Part{Protocol: "ARP", Summary: p.Summary(packet.Relative{}), Key: "message.arp.request"}
	part.Args = map[string]any{"From": p.From.String(), "To": p.To.String()}
	asked := question{0, p.From, p.To, 0}
	switch {
	case p.ARPOp == packet.ARPReply:
		part.Key = "message.arp.reply"
		part.Answers = w.answers(question{0, p.To, p.From, 0})
	case p.From == p.To:
		part.Key = "message.arp.announcement"
	default:
		w.questions.Put(asked, dissect.Ref{ID: m.ID, Sent: f.Time})
	}
	part.Fields = layersFrom(p)
	w.publish(m, part, spanOf(f.Data[p.NetworkOffset():], f, nil))
}

// question is what a later packet may answer.
type question struct {
	protocol packet.Protocol
	from, to netip.Addr
	number   uint32
}

func (w *Watcher) answers(q question) dissect.Ref {
	ref, ok := w.questions.Get(q)
	if ok {
		w.questions.Delete(q)
	}
	return ref
}

// begin makes a message of one packet.
func (w *Watcher) begin(p *packet.Packet, f *frame.Frame, c *conversation) *Message {
	return &Message{
		ID: w.nextID(), Conversation: c.id,
		From: w.names.sender(p, f), To: w.names.receiver(p),
	}
}

func spanOf(b []byte, f *frame.Frame, carriers []frame.Frame) dissect.Span {
	if carriers == nil {
		carriers = []frame.Frame{*f}
	}
	return dissect.Span{
		Bytes: b, Size: len(b), Time: carriers[0].Time, End: f.Time,
		Packets: carriers, Carriers: len(carriers),
	}
}

// layersFrom makes the fields of a message that is not an application's: those
// of the packet's last layer.
func layersFrom(p *packet.Packet) func([]byte) []Field {
	start := p.TransportOffset()
	data := p.Data
	return func([]byte) []Field {
		layers := packet.Layers(data)
		for i := range layers {
			if layers[i].Offset == start {
				dissect.Shift(layers[i:], -start)
				return layers[i:]
			}
		}
		return nil
	}
}

// dataPart describes bytes of which only their number is known.
func dataPart(key string, b []byte) *dissect.Part {
	return &dissect.Part{
		Summary: dataSummary(b, len(b)), Key: key, Args: map[string]any{"Count": len(b)},
		Fields: func(b []byte) []Field {
			return []Field{{Name: "Data", Key: "layer.application", Value: dissect.Text(b, 80), Length: len(b)}}
		},
	}
}

func dataSummary(b []byte, size int) string {
	unit := "bytes"
	if size == 1 {
		unit = "byte"
	}
	text := dissect.Text(b[:min(len(b), 48)], 40)
	if len(b) == 0 || !readable(b[:min(len(b), 40)]) {
		return fmt.Sprintf("%d %s", size, unit)
	}
	return fmt.Sprintf("%d %s: %s", size, unit, text)
}

// readable reports whether most of b can be read by a person.
func readable(b []byte) bool {
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			odd++
		}
	}
	return odd*8 <= len(b)
}

func faults(p *packet.Packet) []Finding {
	var found []Finding
	if p.Faults&packet.BadHeaderChecksum != 0 {
		found = append(found, Finding{Key: "finding.ipv4.checksum", RFC: 791, Section: "3.1", Severity: Wrong})
	}
	if p.Faults&packet.BadTransportChecksum != 0 {
		found = append(found, transportFinding[p.Protocol])
	}
	return found
}

var transportFinding = map[packet.Protocol]Finding{
	packet.TCP:    {Key: "finding.tcp.checksum", RFC: 9293, Section: "3.1", Severity: Wrong},
	packet.UDP:    {Key: "finding.udp.checksum", RFC: 768, Severity: Wrong},
	packet.ICMP:   {Key: "finding.icmp.checksum", RFC: 792, Severity: Wrong},
	packet.ICMPv6: {Key: "finding.icmp.checksum", RFC: 4443, Section: "2.3", Severity: Wrong},
}

func icmpKey(p *packet.Packet) (string, map[string]any) {
	args := map[string]any{"From": p.From.String(), "To": p.To.String()}
	kind, ok := icmpKeys[icmpType{p.Protocol, p.ICMPType}]
	if !ok {
		return "message.icmp.other", args
	}
	return "message.icmp." + kind, args
}

type icmpType struct {
	protocol packet.Protocol
	kind     uint8
}

var icmpKeys = map[icmpType]string{
	{packet.ICMP, packet.EchoRequest}:             "echo.request",
	{packet.ICMP, packet.EchoReply}:               "echo.reply",
	{packet.ICMP, packet.Unreachable}:             "unreachable",
	{packet.ICMP, packet.TimeExceeded}:            "time-exceeded",
	{packet.ICMP, packet.Redirect}:                "redirect",
	{packet.ICMP, packet.ParameterProblem}:        "parameter-problem",
	{packet.ICMPv6, packet.EchoRequestV6}:         "echo.request",
	{packet.ICMPv6, packet.EchoReplyV6}:           "echo.reply",
	{packet.ICMPv6, packet.UnreachableV6}:         "unreachable",
	{packet.ICMPv6, packet.TimeExceededV6}:        "time-exceeded",
	{packet.ICMPv6, packet.PacketTooBig}:          "too-big",
	{packet.ICMPv6, packet.ParameterProblemV6}:    "parameter-problem",
	{packet.ICMPv6, packet.NeighborSolicitation}:  "neighbor.solicitation",
	{packet.ICMPv6, packet.NeighborAdvertisement}: "neighbor.advertisement",
	{packet.ICMPv6, packet.RouterSolicitation}:    "router.solicitation",
	{packet.ICMPv6, packet.RouterAdvertisement}:   "router.advertisement",
}
