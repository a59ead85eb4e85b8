package forward

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// The FTP helper (an application level gateway, RFC 2663 §2.9). FTP writes
// addresses into its control connection: a client behind a NAT says "connect to
// 192.168.1.11", where nobody outside can. The helper writes the shared address
// in its place, gives it a port, and lets one connection from the server in.
//
//	inside                                  outside
//	PORT 192,168,1,11,195,80        ---->   PORT 198,51,100,2,195,80
//	192.168.1.11:50000              <----   a connection to 198.51.100.2:50000
//
// It does the same to the replies 227 and 229 of a server inside whose port 21 is
// forwarded. It reads plain text only: behind AUTH TLS it is blind.
const (
	ftpPort     = 21
	longestLine = 256 // of those that may have an address in them

	// A program that is made to say PORT for it must not open the ports of
	// servers.
	lowestExpectedPort = 1024
)

// control is an FTP control connection that passes the NAT.
type control struct {
	server bool   // it is the server that is inside
	words  stream // what the host inside says
}

// newControl returns nil when the session is something else.
func newControl(s *session) *control {
	server := s.mapping.static && s.mapping.inside.port == ftpPort
	if s.mapping.protocol != TCP || !server && s.remote.port != ftpPort {
		return nil
	}
	return &control{server: server}
}

// help rewrites what a host inside says on a control connection. It returns the
// packet, or another one if the text had to be changed.
func (n *nat) help(p *plane, s *session, packet ipv4, mtu int, now time.Time) (ipv4, Reason) {
	segment, c := packet.payload(), s.control
	head := int(segment[tcpOffset]>>4) * 4
	if c == nil || head < tcpHeader || head > len(segment) {
		return packet, None
	}
	seq, flags, text := binary.BigEndian.Uint32(segment[tcpSequence:]), segment[tcpFlags], segment[head:]
	if flags&tcpSYN != 0 {
		c.words.begin(seq + 1)
		return packet, None
	}
	intact := packet.flags()&ipv4MF == 0 && packet.transportSum() == 0
	if intact && flags&tcpURG == 0 && len(text) > 0 {
		room := mtu - len(packet) // a packet that has become too big would never get through
		c.words.read(seq, text, func(line []byte) []byte {
			is := n.helpLine(p, s, line, room, now)
			room -= max(0, len(is)-len(line))
			return is
		})
	}
	replaced := c.words.replaced(seq, text)
	setNumber(segment, tcpSequence, c.words.sent(seq))
	switch {
	case replaced == nil:
		return packet, None
	case !intact:
		return nil, BadChecksum // it cannot be mended here; it will be sent again
	}
	packet = slices.Concat(packet[:len(packet)-len(text)], replaced)
	packet.setLen()
	packet.setChecksum()
	segment = packet.payload()
	binary.BigEndian.PutUint16(segment[tcpChecksum:], 0)
	binary.BigEndian.PutUint16(segment[tcpChecksum:], packet.transportSum())
	return packet, None
}

// helpLine returns the line that is to stand in the place of this one, or nil. It
// must not be longer than this one by more than room.
func (n *nat) helpLine(p *plane, s *session, line []byte, room int, now time.Time) []byte {
	if len(line) > longestLine {
		return nil
	}
	text := strings.TrimRight(string(line), "\r\n")
	end := string(line[len(text):])
	inside, say := addressIn(text, s.control.server)
	if say == nil || inside.Port() < lowestExpectedPort {
		return nil
	}
	if inside.Addr().IsValid() && inside.Addr() != netip.AddrFrom4(s.mapping.inside.addr) {
		return nil // it is not for itself that it speaks
	}
	const longestGrowth = len("255,255,255,255,255,255") - len("0,0,0,0,4,0")
	if room < longestGrowth {
		return nil
	}
	port, ok := n.expect(p, s, inside.Port(), now)
	if !ok {
		return nil // and it will not work, as without help
	}
	is := say(netip.AddrPortFrom(p.outside, port)) + end
	if is == string(line) {
		return nil
	}
	return []byte(is)
}

// addressIn finds the address in a line that has one, and how to say the line with
// another. A reply 229 has only a port.
func addressIn(text string, server bool) (inside netip.AddrPort, say func(netip.AddrPort) string) {
	var err error
	if server {
		code, rest, _ := strings.Cut(text, " ")
		switch code {
		case "227":
			inside, err = ftp.ParsePassive(rest)
			say = func(a netip.AddrPort) string { return "227 " + ftp.FormatPassive(a) }
		case "229":
			var port uint16
			port, err = ftp.ParseExtendedPassive(rest)
			inside = netip.AddrPortFrom(netip.Addr{}, port)
			say = func(a netip.AddrPort) string { return "229 " + ftp.FormatExtendedPassive(a.Port()) }
		}
	} else {
		verb, rest, _ := strings.Cut(text, " ")
		switch strings.ToUpper(verb) {
		case "PORT":
			inside, err = ftp.ParsePort(rest)
			say = func(a netip.AddrPort) string { return verb + " " + ftp.FormatPort(a) }
		case "EPRT":
			inside, err = ftp.ParseExtendedPort(rest)
			say = func(a netip.AddrPort) string { return verb + " " + ftp.FormatExtendedPort(a) }
		}
	}
	if err != nil {
		return netip.AddrPort{}, nil
	}
	return inside, say
}

// expect lets one connection from the session's remote host in, to a port of the
// host inside. It returns the port outside.
func (n *nat) expect(p *plane, s *session, port uint16, now time.Time) (outside uint16, ok bool) {
	from := endpoint{s.remote.addr, anyPort}
	m, reason := n.mapping(p, flow{TCP, endpoint{s.mapping.inside.addr, port}, from}, now)
	if reason != None {
		return 0, false
	}
	if already := n.table.incoming(flow{TCP, from, endpoint{port: m.port}}, now); already != nil {
		n.table.touch(already, now)
		return m.port, true
	}
	_, reason = n.open(m, from, now)
	return m.port, reason == None
}

// answer changes what the remote acknowledges into what the host inside has said.
func (c *control) answer(packet ipv4) {
	if c == nil {
		return
	}
	segment := packet.payload()
	head := int(segment[tcpOffset]>>4) * 4
	if head < tcpHeader || head > len(segment) || segment[tcpFlags]&tcpACK == 0 {
		return
	}
	ack := binary.BigEndian.Uint32(segment[tcpAck:])
	setNumber(segment, tcpAck, c.words.heard(ack, false))

	was := slices.Clone(segment[tcpHeader:head])
	c.selective(segment[tcpHeader:head])
	sum := binary.BigEndian.Uint16(segment[tcpChecksum:])
	binary.BigEndian.PutUint16(segment[tcpChecksum:], amended(sum, was, segment[tcpHeader:head]))
}

const (
	tcpOptionEnd  = 0
	tcpOptionNop  = 1
	tcpOptionSack = 5
)

// selective does so in the blocks of a selective acknowledgment (RFC 2018 §3). The
// part of a replacement that was received does not count.
func (c *control) selective(options []byte) {
	for len(options) > 0 && options[0] != tcpOptionEnd {
		n := 1
		if options[0] != tcpOptionNop {
			if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
				return
			}
			n = int(options[1])
		}
		if options[0] == tcpOptionSack && !c.blocks(options[2:n]) {
			for i := range n {
				options[i] = tcpOptionNop
			}
		}
		options = options[n:]
	}
}

// blocks reports false when one of the blocks has become empty.
func (c *control) blocks(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		left := c.words.heard(binary.BigEndian.Uint32(b), true)
		right := c.words.heard(binary.BigEndian.Uint32(b[4:]), false)
		if !before(left, right) {
			return false
		}
		binary.BigEndian.PutUint32(b, left)
		binary.BigEndian.PutUint32(b[4:], right)
	}
	return true
}
