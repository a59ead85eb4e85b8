package internet

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"
)

// socket is what all sockets have in common: the stack's endpoint, which never
// waits, and the waiting.
type socket struct {
	host   *Host
	ep     tcpip.Endpoint
	events *waiter.Queue
	closed atomic.Bool
	ending sync.Once

	listens *listening // of a TCP listener; belongs to host.socketsMu
	onClose func()     // nil, or what else there is to do

	reading side
	writing side
}

// side is one direction of a socket: who uses it, waits for it, and until when.
type side struct {
	use      sync.Mutex // one reader, or writer, at a time
	entry    waiter.Entry
	ready    chan struct{} // a token: try again
	deadline deadline
}

const (
	readEvents  = waiter.ReadableEvents | waiter.EventHUp | waiter.EventErr
	writeEvents = waiter.WritableEvents | waiter.EventHUp | waiter.EventErr
)

// open makes a socket of an endpoint; onClose may be nil. It fails when the
// host is closed.
func (h *Host) open(ep tcpip.Endpoint, events *waiter.Queue, onClose func()) (*socket, error) {
	s := &socket{host: h, ep: ep, events: events, onClose: onClose}
	s.reading.watch(s, readEvents)
	s.writing.watch(s, writeEvents)
	if !h.remember(s) {
		ep.Abort()
		return nil, net.ErrClosed
	}
	return s, nil
}

// watch registers the side, once for the socket's life, for its events.
func (d *side) watch(s *socket, mask waiter.EventMask) {
	d.ready = make(chan struct{}, 1)
	d.entry.Init(waiter.ChannelNotifier(d.ready), mask)
	d.deadline.net = s.host.net
	d.deadline.ring = d.wake
	s.events.EventRegister(&d.entry)
}

func (d *side) wake() {
	select {
	case d.ready <- struct{}{}:
	default:
	}
}

// try calls step until it does not answer that it would have to wait. The
// caller has side.use.
func (s *socket) try(d *side, step func() tcpip.Error) (tcpip.Error, error) {
	for {
		if s.closed.Load() {
			return nil, net.ErrClosed
		}
		if d.deadline.passed() {
			return nil, os.ErrDeadlineExceeded
		}
		err := step()
		if _, wait := err.(*tcpip.ErrWouldBlock); !wait {
			if err != nil && s.closed.Load() {
				return nil, net.ErrClosed
			}
			return err, nil
		}
		d.deadline.arm()
		<-d.ready
		d.deadline.disarm()
	}
}

// close closes the socket, and wakes who waits for it. It reports whether the
// socket was open. If another is closing it, close waits: when it returns, the port
// is free.
func (s *socket) close() (wasOpen bool) {
	s.ending.Do(func() {
		wasOpen = true
		s.shut()
	})
	return wasOpen
}

func (s *socket) shut() {
	s.closed.Store(true)
	s.ep.Close()
	s.host.forget(s)
	for _, d := range []*side{&s.reading, &s.writing} {
		d.deadline.stop()
		d.wake()
	}
	if s.onClose != nil {
		s.onClose()
	}
}

// SetDeadline sets when reads and writes, also those that wait already, give
// up, by the Internet's clock. The zero time means never.
func (s *socket) SetDeadline(t time.Time) error {
	s.reading.deadline.set(t)
	s.writing.deadline.set(t)
	return nil
}

// SetReadDeadline sets the deadline of reads, and of a listener's Accept.
func (s *socket) SetReadDeadline(t time.Time) error {
	s.reading.deadline.set(t)
	return nil
}

// SetWriteDeadline sets the deadline of writes.
func (s *socket) SetWriteDeadline(t time.Time) error {
	s.writing.deadline.set(t)
	return nil
}
