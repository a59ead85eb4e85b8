package dhcp

import (
	"net/netip"
	"strconv"

	"github.com/wirebook/wirebook/wire/dissect"
)

// kinds are what messages are explained as.
var kinds = []string{
	"discover", "offer", "request.selecting", "request.rebooting", "request.renewing", "request.rebinding",
	"decline", "ack", "ack.inform", "nak", "release", "inform", "bootp.request", "bootp.reply",
}

// rules are the names of all findings.
var ruleNames = []string{
	"cut", "end.missing", "option.length", "op", "server.missing", "request.empty", "request.ciaddr",
	"lease.missing", "lease.informed", "times", "reply.unasked", "offer.another",
}

func keys() []string {
	var all []string
	for _, kind := range kinds {
		all = append(all, "message.dhcp."+kind)
	}
	for _, rule := range ruleNames {
		all = append(all, "finding.dhcp."+rule)
	}
	return all
}

func finding(name string, rfc int, section string, at, length int, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: "finding.dhcp." + name, RFC: rfc, Section: section, Severity: severity, Offset: at, Length: length,
	}
}

// describe completes a part with the message's words; to is where it was sent.
func (m *Message) describe(part *dissect.Part, to netip.Addr, found []dissect.Finding) {
	kind := m.kind(to)
	part.Key = "message.dhcp." + kind
	part.Findings = found
	part.Summary = m.summary()
	lease := ""
	if d, ok := m.Seconds(51); ok {
		lease = dissect.Duration(d)
	}
	part.Args = map[string]any{
		"Address": shown(m.address()), "Server": shown(m.Addr(54)), "Lease": lease,
		"Client": m.Hardware.String(), "Reason": dissect.Text(m.Option(56), 80),
	}
}

// kind is what the message is in the dialogue. REQUEST has four meanings, which
// its fields tell apart (RFC 2131 table 4).
func (m *Message) kind(to netip.Addr) string {
	switch m.Type {
	case "DISCOVER":
		return "discover"
	case "OFFER":
		return "offer"
	case "REQUEST":
		switch {
		case m.find(54) != nil:
			return "request.selecting"
		case !m.Client.IsValid():
			return "request.rebooting"
		case to == broadcast || m.Relay.IsValid():
			return "request.rebinding"
		}
		return "request.renewing"
	case "DECLINE":
		return "decline"
	case "ACK":
		if !m.Yours.IsValid() {
			return "ack.inform"
		}
		return "ack"
	case "NAK":
		return "nak"
	case "RELEASE":
		return "release"
	case "INFORM":
		return "inform"
	}
	if m.Reply {
		return "bootp.reply"
	}
	return "bootp.request"
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// address is the one that the message is about.
func (m *Message) address() netip.Addr {
	switch wish := m.Addr(50); {
	case m.Yours.IsValid():
		return m.Yours
	case wish.IsValid():
		return wish
	}
	return m.Client
}

// summary is one line: "OFFER 192.0.2.100, 12h", "NAK: no such lease".
func (m *Message) summary() string {
	line := m.Type
	if line == "" {
		line = "BOOTP"
	}
	if a := m.address(); a.IsValid() {
		line += " " + a.String()
	}
	if m.Type == "REQUEST" && m.Addr(54).IsValid() {
		line += " (" + m.Addr(54).String() + ")"
	}
	if d, ok := m.Seconds(51); ok && m.Reply {
		line += ", " + dissect.Duration(d)
	}
	if why := m.Option(56); len(why) > 0 {
		line += ": " + dissect.Text(why, 80)
	}
	if m.Relay.IsValid() {
		line += ", giaddr " + m.Relay.String()
	}
	if m.Hops > 0 && !m.Relay.IsValid() {
		line += ", hops " + strconv.Itoa(m.Hops)
	}
	return line
}

func shown(a netip.Addr) string {
	if !a.IsValid() {
		return "?"
	}
	return a.String()
}
