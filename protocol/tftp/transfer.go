package tftp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
)

// Transfer is one side of a transfer: its socket, and what was agreed. The port
// of the socket is this side's transfer identifier (TID, RFC 1350 §4), and
// Peer's is the other's; a datagram from any other port is a stranger's.
type Transfer struct {
	Terms
	Peer    netip.AddrPort
	Now     func() time.Time // of the clock that the socket's deadlines follow
	Wait    time.Duration    // until a datagram is sent again, unless the terms say so
	Retries int              // how often, before the other side is given up

	// Progress, if set, is called with the size of the file so far, whenever it
	// has grown.
	Progress func(bytes int64)

	Bytes  int64       // of the file, as it travels
	Resent int         // how often the time ran out, and something was sent again
	Heard  atomic.Bool // set when the other side says something

	ctx     context.Context
	socket  Socket
	opening bool // the other side has not chosen its TID yet
	in      []byte
	from    netip.AddrPort // whose datagram is in there
	armed   time.Time      // the deadline that the socket has
	unsent  error          // why the last datagram was not sent
	over    bool           // the other side has ended the transfer
	blocks  int64          // of the file, so far
}

// Socket is what a transfer needs of a packet socket.
type Socket interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	SetReadDeadline(t time.Time) error
	Close() error
}

// NewSocket makes a Socket of conn. Those of the operating system and of the
// miniature Internet are one already.
func NewSocket(conn net.PacketConn) Socket {
	if s, ok := conn.(Socket); ok {
		return s
	}
	return packetSocket{conn}
}

type packetSocket struct{ net.PacketConn }

func (s packetSocket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := s.ReadFrom(b)
	if udp, ok := from.(*net.UDPAddr); ok {
		return n, udp.AddrPort(), err
	}
	return n, netip.AddrPort{}, err
}

func (s packetSocket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return s.WriteTo(b, net.UDPAddrFromAddrPort(to))
}

// Begin gives the transfer its socket. When ctx ends, the transfer does, and the
// other side is told so. Call release when all is done; the socket stays open.
func (t *Transfer) Begin(ctx context.Context, s Socket) (release func()) {
	t.ctx, t.socket = ctx, s
	longAgo := time.Unix(1, 0)
	stop := context.AfterFunc(ctx, func() { s.SetReadDeadline(longAgo) })
	return func() { stop() }
}

// Unmapped is a as it is written: an IPv4 address that came through an IPv6
// socket is an IPv4 address.
func Unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// send sends one datagram. One that cannot be sent is lost, and will be sent
// again like others that are lost.
func (t *Transfer) send(packet []byte) {
	_, t.unsent = t.socket.WriteToUDPAddrPort(packet, t.Peer)
}

func (t *Transfer) tell(who netip.AddrPort, e *Error) {
	t.socket.WriteToUDPAddrPort(e.Append(nil), who)
}

// errSilence says that a deadline has passed.
var errSilence = errors.New("silence")

// receive returns the next datagram of the other side; it is valid until the
// next call. The error is errSilence, the *Error that the other side has sent,
// the context's, or the socket's.
func (t *Transfer) receive(deadline time.Time) ([]byte, error) {
	const manyFaults = 100
	for faults := 0; ; {
		if !t.Now().Before(deadline) {
			return nil, errSilence
		}
		t.arm(deadline)
		if t.ctx.Err() != nil { // after arm: what wakes us must not be set back
			return nil, context.Cause(t.ctx)
		}
		n, from, err := t.socket.ReadFromUDPAddrPort(t.in)
		switch {
		case err == nil:
			t.from = Unmapped(from)
			if packet := t.in[:n]; t.fromPeer(packet) {
				return t.understand(packet)
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.armed = time.Time{}
		case errors.Is(err, net.ErrClosed):
			return nil, err
		default: // some systems tell here of a datagram that nobody wanted
			if faults++; faults == manyFaults {
				return nil, err
			}
		}
	}
}

// arm makes sure that the socket wakes us not later than at the deadline.
// Deadlines move on with each block, and setting one costs as much as half a
// datagram: one that rings early enough is left alone.
func (t *Transfer) arm(deadline time.Time) {
	if t.armed.IsZero() || t.armed.After(deadline) {
		t.socket.SetReadDeadline(deadline)
		t.armed = deadline
	}
}

// fromPeer reports whether a datagram belongs to the transfer. Its sender is
// told so if it does not, and the transfer goes on (RFC 1350 §4). To an ERROR
// nobody answers: two hosts might do so forever.
func (t *Transfer) fromPeer(packet []byte) bool {
	if t.from == t.Peer || t.opening && t.from.Addr() == t.Peer.Addr() {
		return true
	}
	if opcode(packet) != ERROR {
		t.tell(t.from, &Error{UnknownTID, "unknown transfer ID"})
	}
	return false
}

func (t *Transfer) understand(packet []byte) ([]byte, error) {
	t.Heard.Store(true)
	if opcode(packet) == ERROR {
		t.over = true
		return nil, parseError(packet)
	}
	return packet, nil
}

// end tells the other side why the transfer ends, unless it knows or is gone,
// and returns err.
func (t *Transfer) end(err error) error {
	switch {
	case err == nil, t.over, errors.Is(err, ErrTimeout), errors.Is(err, ErrSuperseded), errors.Is(err, net.ErrClosed):
	default:
		t.tell(t.Peer, ErrorFor(err))
	}
	return err
}

// Blocks is how many blocks the file has had so far, the last, short one
// included.
func (t *Transfer) Blocks() int64 { return t.blocks }
