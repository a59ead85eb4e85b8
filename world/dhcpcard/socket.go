package dhcpcard

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// socket is the client's: a net.PacketConn whose deadlines are of the card's
// clock.
type socket struct {
	card    *Card
	port    uint16
	arrived chan arrival
	closed  chan struct{}
	once    sync.Once

	mu       sync.Mutex
	sent     bool
	exchange uint32        // the xid of the last message that was sent, if one was
	deadline time.Time     // of reading; zero: none
	moved    chan struct{} // closed when the deadline is set anew
}

// arrival is a message and who has sent it.
type arrival struct {
	from    netip.AddrPort
	message []byte
}

// queue is how many messages may wait to be read. Further ones are lost: a
// client waits for one answer, and asks again.
const queue = 16

func newSocket(c *Card, port uint16) *socket {
	return &socket{
		card: c, port: port,
		arrived: make(chan arrival, queue), closed: make(chan struct{}), moved: make(chan struct{}),
	}
}

// take keeps a message that answers this client.
func (s *socket) take(from netip.AddrPort, message []byte) bool {
	if len(message) < leastMessage || message[0] != bootReply {
		return false
	}
	s.mu.Lock()
	mine := s.sent && xid(message) == s.exchange
	s.mu.Unlock()
	if !mine || !bytes.Equal(message[offsetCHAddr:][:len(s.card.mac)], s.card.mac) {
		return false
	}
	select {
	case s.arrived <- arrival{from, bytes.Clone(message)}:
	default:
	}
	return true
}

// ReadFrom waits for the next message that answers the client.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		a, err := s.wait()
		switch err {
		case nil:
			return copy(b, a.message), net.UDPAddrFromAddrPort(a.from), nil
		case errMoved:
		default:
			return 0, nil, s.opError("read", err)
		}
	}
}

// errMoved says that the deadline is another one by now.
var errMoved = errors.New("the deadline has been moved")

// wait waits until the deadline, or until that is set anew.
func (s *socket) wait() (arrival, error) {
	until, moved := s.readDeadline()
	late := make(chan struct{})
	if !until.IsZero() {
		left := until.Sub(s.card.clock.Now())
		if left <= 0 {
			return arrival{}, os.ErrDeadlineExceeded
		}
		defer s.card.clock.AfterFunc(left, func() { close(late) }).Stop()
	}
	select {
	case a := <-s.arrived:
		return a, nil
	case <-s.closed:
		return arrival{}, net.ErrClosed
	case <-late:
		return arrival{}, os.ErrDeadlineExceeded
	case <-moved:
		return arrival{}, errMoved
	}
}

// WriteTo sends a DHCP message. It comes from the address that it says itself
// to be from: a client fills in ciaddr when it has an address that it can be
// reached at, and else sends from 0.0.0.0 (RFC 2131 §4.1).
func (s *socket) WriteTo(message []byte, to net.Addr) (int, error) {
	at, ok := to.(*net.UDPAddr)
	if !ok || len(message) < leastMessage || len(message) > maxMessage {
		return 0, s.opError("write", syscall.EINVAL)
	}
	select {
	case <-s.closed:
		return 0, s.opError("write", net.ErrClosed)
	default:
	}
	s.mu.Lock()
	s.sent, s.exchange = true, xid(message)
	s.mu.Unlock()
	own := netip.AddrFrom4([4]byte(message[offsetCIAddr:]))
	dst := netip.AddrPortFrom(at.AddrPort().Addr().Unmap(), uint16(at.Port))
	mac, err := s.destination(own, dst.Addr())
	if err != nil {
		return 0, s.opError("write", err)
	}
	s.card.put(udpFrame(s.card.mac, mac, netip.AddrPortFrom(own, s.port), dst, message))
	return len(message), nil
}

// maxMessage is what fits into one frame of an ordinary Ethernet.
const maxMessage = 1500 - 20 - 8

// destination is the Ethernet address of the next hop.
func (s *socket) destination(own, to netip.Addr) (net.HardwareAddr, error) {
	if !to.Is4() {
		return nil, syscall.EAFNOSUPPORT
	}
	if to == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return broadcast, nil
	}
	via, err := s.card.nextHop(to)
	if err != nil {
		return nil, err
	}
	return s.card.resolve(own, via, s.closed)
}

// Close closes the socket; frames that come after that are the host's.
func (s *socket) Close() error {
	s.once.Do(func() {
		s.card.forget(s)
		close(s.closed)
	})
	return nil
}

// LocalAddr is the client's port.
func (s *socket) LocalAddr() net.Addr { return &net.UDPAddr{IP: net.IPv4zero, Port: int(s.port)} }

// SetDeadline sets the deadline of reads; writes have a limit of their own.
func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline sets when reads, also one that waits already, give up, by the
// card's clock.
func (s *socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	close(s.moved)
	s.moved = make(chan struct{})
	return nil
}

// SetWriteDeadline does nothing: a write takes a second at most.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

func (s *socket) readDeadline() (until time.Time, moved <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadline, s.moved
}

func (s *socket) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "udp4", Source: s.LocalAddr(), Err: err}
}
