package pop3d

import (
	"bufio"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// stream is the connection, with buffers in both directions. Replies wait until
// there is no further command to read, so that those to pipelined commands leave
// together (RFC 2449 §6.6).
type stream struct {
	conn   net.Conn // after STLS a *tls.Conn
	office *office
	in     *bufio.Reader
	work   *workspace // nil while there is nothing to say

	idle   func()        // called when all is sent, before the wait
	within time.Duration // how long the client has for the next command; 0: its time runs
}

// workspace is what a reply needs. Most sessions are silent most of the time, and
// have none then.
type workspace struct {
	out  *bufio.Writer
	copy []byte
}

var workspaces = sync.Pool{New: func() any {
	return &workspace{out: bufio.NewWriterSize(nil, 64<<10), copy: make([]byte, 32<<10)}
}}

func (s *stream) begin(conn net.Conn, o *office, idle func()) {
	s.conn, s.office, s.idle = conn, o, idle
	s.in = bufio.NewReader(incoming{s})
}

// end closes the connection; with TLS that says goodbye first.
func (s *stream) end() {
	s.conn.Close()
	s.release()
}

// out is where replies go.
func (s *stream) out() *bufio.Writer {
	if s.work == nil {
		s.work = workspaces.Get().(*workspace)
		s.work.out.Reset(outgoing{s})
	}
	return s.work.out
}

// flush sends what was said.
func (s *stream) flush() error {
	if s.work == nil {
		return nil
	}
	err := s.work.out.Flush()
	s.release()
	return err
}

func (s *stream) release() {
	if s.work != nil {
		s.work.out.Reset(nil)
		workspaces.Put(s.work)
		s.work = nil
	}
}

// readWithin gives the client so long for the next command, from when it is waited
// for.
func (s *stream) readWithin(d time.Duration) { s.within = d }

// incoming reads from the connection; before it waits, it sends.
type incoming struct{ *stream }

func (i incoming) Read(p []byte) (int, error) {
	if err := i.flush(); err != nil {
		return 0, err
	}
	i.idle()
	if i.within > 0 {
		i.conn.SetReadDeadline(i.office.Clock.Now().Add(i.within))
		i.within = 0
	}
	return i.conn.Read(p)
}

// outgoing writes to the connection; the client must take each piece in time.
type outgoing struct{ *stream }

func (o outgoing) Write(p []byte) (int, error) {
	o.conn.SetWriteDeadline(o.office.Clock.Now().Add(o.office.WriteTimeout))
	return o.conn.Write(p)
}

func (s *stream) secured() bool {
	_, ok := s.conn.(*tls.Conn)
	return ok
}

// hangUp ends a conversation that went well. A client that is still sending is
// listened to for a moment.
func (s *stream) hangUp() {
	unread := s.in.Buffered() > 0
	if s.flush() == nil && unread {
		netx.Linger(s.conn, s.office.Clock.Now().Add(netx.LingerTime))
	}
}
