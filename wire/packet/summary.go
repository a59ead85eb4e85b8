package packet

import (
	"fmt"
	"net/netip"
	"strings"
)

// Relative is what a summary's sequence numbers are counted from: the initial
// numbers of the sender and of its peer.
type Relative struct {
	Seq, Ack uint32
	Known    bool
}

// Summary is the packet in one line, as "SYN seq=0 win=64240 mss=1460".
func (p *Packet) Summary(from Relative) string {
	switch {
	case p.Type == TypeARP && p.ARPOp == ARPRequest && p.From == p.To:
		return fmt.Sprintf("announces %s", p.From)
	case p.Type == TypeARP && p.ARPOp == ARPRequest:
		return fmt.Sprintf("who has %s? tell %s", p.To, p.From)
	case p.Type == TypeARP && p.ARPOp == ARPReply:
		return fmt.Sprintf("%s is at %s", p.From, MAC(p.Data[p.network+8:p.network+14]))
	case p.Fragments.Offset > 0:
		return fmt.Sprintf("fragment id=%#x offset=%d len=%d", p.Fragments.ID, p.Fragments.Offset, len(p.Payload()))
	case p.Has(TCP):
		return p.tcpSummary(from)
	case p.Has(UDP):
		return fmt.Sprintf("%d → %d len=%d", p.FromPort, p.ToPort, len(p.Payload()))
	case p.Has(ICMP), p.Has(ICMPv6):
		return p.icmpSummary()
	case p.IP():
		return fmt.Sprintf("IP protocol %s, %d bytes", protocolName(uint64(p.Protocol)), len(p.Payload()))
	case len(p.Data) < ethernetHeader:
		return fmt.Sprintf("%d bytes", len(p.Data))
	}
	return fmt.Sprintf("EtherType %s, %d bytes", named(uint64(p.Type), "0x%04x", etherTypes), len(p.Data)-p.network)
}

func (p *Packet) tcpSummary(from Relative) string {
	var s strings.Builder
	shown := p.Flags &^ (PSH | ECE | CWR)
	if shown&(SYN|FIN|RST) != 0 || len(p.Payload()) == 0 {
		s.WriteString(shown.String())
		s.WriteByte(' ')
	}
	fmt.Fprintf(&s, "seq=%d", p.Seq-from.Seq)
	n := len(p.Payload())
	if n > 0 {
		fmt.Fprintf(&s, " len=%d", n)
	}
	if p.Flags&ACK != 0 {
		fmt.Fprintf(&s, " ack=%d", p.Ack-from.Ack)
	}
	if p.Flags&RST == 0 && (n == 0 || p.Window == 0) {
		fmt.Fprintf(&s, " win=%d", p.Window)
	}
	if mss := p.MSS(); mss > 0 && p.Flags&SYN != 0 {
		fmt.Fprintf(&s, " mss=%d", mss)
	}
	return s.String()
}

func (p *Packet) icmpSummary() string {
	kind, code := p.icmpNames()
	if request, reply := p.Echo(); request || reply {
		return fmt.Sprintf("%s id=%d seq=%d", strings.ToLower(kind), p.ICMPRest>>16, p.ICMPRest&0xffff)
	}
	if target := p.Target(); target.IsValid() {
		if p.ICMPType == NeighborSolicitation {
			return fmt.Sprintf("who has %s?", target)
		}
		return fmt.Sprintf("I have %s", target)
	}
	text := strings.ToLower(kind)
	if code != "" {
		text = code
	}
	if q, ok := p.Quoted(); ok {
		text += ": " + q.about()
	}
	return text
}

// about names the packet that an error is about: "UDP 10.0.0.5:53".
func (p *Packet) about() string {
	if p.FromPort != 0 || p.ToPort != 0 {
		return fmt.Sprintf("%s %s", protocolNames[uint64(p.Protocol)], netip.AddrPortFrom(p.To, p.ToPort))
	}
	if request, _ := p.Echo(); request {
		return fmt.Sprintf("echo request to %s", p.To)
	}
	return fmt.Sprintf("%s to %s", protocolName(uint64(p.Protocol)), p.To)
}
