package filter

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/ftp"
	"github.com/wirebook/wirebook/wire/packet"
)

// Filter is a line that was understood. It may be used by several goroutines at
// once.
type Filter struct {
	text          string
	test          test     // nil: it chooses all
	conversations []uint64 // that it asks about
}

// Known is what is known of a network beside a frame. All of it may be missing.
type Known struct {
	Owners map[netip.Addr]string // who has which address

	// Ends are those of a conversation: pairs, for a NAT makes two of one. See
	// [wire.Watcher.Ends].
	Ends func(conversation uint64) [][2]netip.AddrPort
}

// String is the line.
func (f *Filter) String() string { return f.text }

// Message reports whether the filter chooses m.
func (f *Filter) Message(m *wire.Message) bool {
	return f.test == nil || f.test(ofMessage(m)) != no
}

// answer is what is known of a subject.
type answer uint8

const (
	no answer = iota
	unknown
	yes
)

func is(b bool) answer {
	if b {
		return yes
	}
	return no
}

// test asks one thing, or several.
type test func(*subject) answer

// subject is a message or a frame.
type subject struct {
	protocol string // of the application, as a message shows it; "": none
	carrier  func() (packet.EtherType, packet.Protocol)
	from, to party

	within  func(conversation uint64) answer
	summary string
	said    []byte

	lost, wrong answer
}

// party is one who speaks or is spoken to.
type party struct {
	host string
	at   netip.AddrPort
}

func ofMessage(m *wire.Message) *subject {
	return &subject{
		protocol: m.Protocol,
		carrier: func() (packet.EtherType, packet.Protocol) {
			if len(m.Packets) == 0 {
				return 0, 0
			}
			var p packet.Packet
			p.Decode(m.Packets[0].Data)
			return p.Type, p.Protocol
		},
		from:    party{m.From.Host, m.From.Addr},
		to:      party{m.To.Host, m.To.Addr},
		within:  func(n uint64) answer { return is(m.Conversation == n) },
		summary: m.Summary,
		said:    m.Bytes,
		lost:    is(m.Lost),
		wrong:   is(slices.ContainsFunc(m.Findings, func(f wire.Finding) bool { return f.Severity == wire.Wrong })),
	}
}

func all(tests []test) test {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(s *subject) answer {
		least := yes
		for _, t := range tests {
			if least = min(least, t(s)); least == no {
				break
			}
		}
		return least
	}
}

func either(tests []test) test {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(s *subject) answer {
		most := no
		for _, t := range tests {
			if most = max(most, t(s)); most == yes {
				break
			}
		}
		return most
	}
}

func not(t test) test { return func(s *subject) answer { return yes - t(s) } }

// application tests the protocol of a message. FTP's data connections are FTP, too.
func application(name string) test {
	return func(s *subject) answer {
		return is(strings.EqualFold(s.protocol, name) || name == "ftp" && s.protocol == ftp.Data)
	}
}

// carriers are the protocols below.
var carriers = map[string]func(packet.EtherType, packet.Protocol) bool{
	"tcp":  func(_ packet.EtherType, p packet.Protocol) bool { return p == packet.TCP },
	"udp":  func(_ packet.EtherType, p packet.Protocol) bool { return p == packet.UDP },
	"icmp": func(_ packet.EtherType, p packet.Protocol) bool { return p == packet.ICMP || p == packet.ICMPv6 },
	"arp":  func(t packet.EtherType, _ packet.Protocol) bool { return t == packet.TypeARP },
	"ip":   func(t packet.EtherType, _ packet.Protocol) bool { return t == packet.TypeIPv4 || t == packet.TypeIPv6 },
	"ipv4": func(t packet.EtherType, _ packet.Protocol) bool { return t == packet.TypeIPv4 },
	"ipv6": func(t packet.EtherType, _ packet.Protocol) bool { return t == packet.TypeIPv6 },
}

func carried(name string) test {
	by := carriers[name]
	return func(s *subject) answer { return is(by(s.carrier())) }
}

// who tests a party: by an address, a prefix or a name.
func who(text string) func(party) bool {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return func(p party) bool { return prefix.Masked().Contains(p.at.Addr().Unmap()) }
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return func(p party) bool { return p.at.Addr().Unmap().WithZone("") == addr.Unmap() }
	}
	return func(p party) bool { return strings.EqualFold(p.host, text) }
}

func port(n uint16) test {
	return func(s *subject) answer { return is(s.from.at.Port() == n || s.to.at.Port() == n) }
}

func conversation(n uint64) test { return func(s *subject) answer { return s.within(n) } }

func text(t string) test {
	t = strings.ToLower(t)
	return func(s *subject) answer {
		return is(strings.Contains(strings.ToLower(s.summary), t) || bytes.Contains(bytes.ToLower(s.said), []byte(t)))
	}
}
