package forward

import "time"

// The flags of a TCP header (RFC 9293 §3.1), and where they and other fields are.
const (
	tcpFIN = 1
	tcpSYN = 2
	tcpRST = 4
	tcpACK = 16
	tcpURG = 32

	tcpSequence = 4
	tcpAck      = 8
	tcpOffset   = 12
	tcpFlags    = 13
	tcpChecksum = 16
)

// direction is that of a packet, as the host inside sees it.
type direction int

const (
	outbound direction = iota
	inbound
)

// tcpState is how far a connection is, as far as a NAT can see it: the state
// machine of RFC 6146 §3.5.2.2, which RFC 7857 §2 wants for every NAT. The zero value
// is a connection of which nothing has been seen.
type tcpState struct {
	syn, fin [2]bool // in which direction one was seen
	reset    bool    // the last packet said so
}

// see notes what a packet says. A reset may be forged, or come too late to be
// heeded: the connection is believed to go on when something follows. A SYN after
// the end begins a new connection.
func (s *tcpState) see(d direction, flags byte) {
	if flags&tcpSYN != 0 && (s.closed() || s.reset) {
		*s = tcpState{}
	}
	s.syn[d] = s.syn[d] || flags&tcpSYN != 0
	s.fin[d] = s.fin[d] || flags&tcpFIN != 0
	s.reset = flags&tcpRST != 0
}

// closed: both sides have said all that they had to say.
func (s *tcpState) closed() bool { return s.fin[outbound] && s.fin[inbound] }

// lifetime is for how long the connection may be silent (RFC 5382 §5).
func (s *tcpState) lifetime() time.Duration {
	if s.syn[outbound] && s.syn[inbound] && !s.closed() && !s.reset {
		return tcpLifetime
	}
	return tcpTransitoryLifetime
}
