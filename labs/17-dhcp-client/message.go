package dhcpclient

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/wire/packet"
)

// The ports of RFC 2131 §4.1.
const (
	serverPort = 67
	clientPort = 68
)

// Places in a message: RFC 2131 §2.
const (
	xidAt     = 4
	macAt     = 28
	cookieAt  = 236
	optionsAt = 240
)

var cookie = []byte{99, 130, 83, 99}

// message is one that the program has sent.
type message struct {
	*dhcpv4.DHCPv4
	packet   *check.Packet
	datagram *check.Datagram
}

// link is the program's, and what is known of it.
type link struct {
	t    *check.T
	d    *check.Packets
	p    *check.Program
	last *message
}

// plug starts the program.
func plug(t *check.T) *link {
	l := &link{t: t}
	l.d = t.TakePackets(func(p *check.Packet) bool {
		return p.Has(packet.UDP) && (p.ToPort == serverPort || p.FromPort == clientPort)
	})
	l.p = t.Start(nil)
	return l
}

// receive waits for the program's next message, and judges its form; m is what is
// wrong if none comes.
func (l *link) receive(m check.Mistake) *message {
	p, end := l.d.Receive()
	if l.last != nil && m.Datagram == nil {
		m.Datagram = l.last.datagram
	}
	m.Book = "§4.3.2"
	if end == check.Exited && l.last != nil && !l.p.Crashed() {
		l.t.Wrong(m)
	}
	l.t.Accepted(end, m)
	return l.read(p)
}

// read judges the form of a message, as its receiver does.
func (l *link) read(p *check.Packet) *message {
	g := p.Datagram()
	m := check.Mistake{Datagram: g, Length: 1, RFC: "RFC 2131 §2", Book: "§4.3.2"}
	switch data := g.Data; {
	case p.To != netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		m.Name, m.Expected, m.Actual, m.RFC, m.Length = "not-broadcast", "255.255.255.255", p.To.String(), "RFC 2131 §4.1", 0
	case p.ToPort != serverPort:
		m.Name, m.Expected, m.Actual, m.RFC, m.Length = "server-port", "67", fmt.Sprint(p.ToPort), "RFC 2131 §4.1", 0
	case p.FromPort != clientPort:
		m.Name, m.Expected, m.Actual, m.RFC, m.Length = "client-port", "68", fmt.Sprint(p.FromPort), "RFC 2131 §4.1", 0
	case p.Faults&(packet.BadHeaderChecksum|packet.BadTransportChecksum) != 0:
		m.Name, m.Packet, m.Datagram, m.Offset, m.Length, m.RFC = "checksum", p, nil, 6, 2, "RFC 768"
	case len(data) < optionsAt:
		m.Name, m.Args, m.Offset = "too-short", map[string]any{"Bytes": len(data)}, max(0, len(data)-1)
	case data[0] != 1:
		m.Name, m.Expected, m.Actual = "op", "1", fmt.Sprint(data[0])
	case data[1] != 1 || data[2] != 6:
		m.Name, m.Offset, m.Length, m.Expected, m.Actual = "hardware", 1, 2, "1 6", fmt.Sprintf("%d %d", data[1], data[2])
	case !bytes.Equal(data[cookieAt:optionsAt], cookie):
		m.Name, m.Offset, m.Length, m.RFC = "cookie", cookieAt, 4, "RFC 2131 §3"
		m.Expected, m.Actual = hex.EncodeToString(cookie), hex.EncodeToString(data[cookieAt:optionsAt])
	default:
		return l.options(p, g, m)
	}
	l.t.Wrong(m)
	return nil
}

// options reads a message's options, without which it says nothing.
func (l *link) options(p *check.Packet, g *check.Datagram, m check.Mistake) *message {
	data := g.Data
	if bytes.IndexByte(data[optionsAt:], 255) < 0 { // most servers do not mind
		data = append(bytes.Clone(data), 255)
		l.t.Remark("no-end")
	}
	parsed, err := dhcpv4.FromBytes(data)
	m.Offset, m.RFC = optionsAt, "RFC 2132 §2"
	if err != nil {
		m.Name, m.Actual = "options-form", err.Error()
		l.t.Wrong(m)
	}
	if parsed.MessageType() == dhcpv4.MessageTypeNone {
		m.Name, m.RFC = "no-type", "RFC 2132 §9.6"
		l.t.Wrong(m)
	}
	if parsed.TransactionID == (dhcpv4.TransactionID{}) {
		l.t.Remark("no-xid")
	}
	if !bytes.Equal(g.Data[macAt:macAt+6], p.Source[:]) {
		l.t.Remark("other-mac")
	}
	l.last = &message{parsed, p, g}
	return l.last
}

// discover waits for a DHCPDISCOVER.
func (l *link) discover() *message {
	m := l.receive(check.Mistake{Name: "no-discover", Expected: "DHCPDISCOVER", RFC: "RFC 2131 §3.1"})
	if kind := m.MessageType(); kind != dhcpv4.MessageTypeDiscover {
		l.t.Wrong(check.Mistake{
			Name: "not-discover", Datagram: m.datagram, Offset: m.option(53), Length: 3, Expected: "DHCPDISCOVER (1)", Actual: fmt.Sprintf("%v (%d)", kind, kind),
			RFC: "RFC 2131 §3.1", Book: "§4.3.2",
		})
	}
	return m
}

// option is where an option is in the message, or the options' beginning.
func (m *message) option(code byte) int {
	data := m.datagram.Data
	for at := optionsAt; at+1 < len(data) && data[at] != 255; {
		switch {
		case data[at] == code:
			return at
		case data[at] == 0:
			at++
		default:
			at += 2 + int(data[at+1])
		}
	}
	return optionsAt
}

// says reports whether an address has been printed.
func says(output string, a netip.Addr) bool {
	b := a.As4()
	return regexp.MustCompile(`(^|[^\d.])`+regexp.QuoteMeta(a.String())+`($|[^\d])`).MatchString(output) ||
		strings.Contains(strings.ToLower(output), hex.EncodeToString(b[:]))
}

func tail(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-6):], "\n")
}
