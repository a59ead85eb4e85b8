package httpd

import (
	"bufio"
	"io"
	"net"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// stream is the connection, with buffers in both directions. It has them only
// while there is something to do: most connections are idle most of the time,
// and thousands of them should cost little.
//
// What is written waits until there is nothing more to read, so that the
// responses to pipelined requests leave together, and each response in one
// piece.
type stream struct {
	conn         net.Conn
	clock        clock.Clock
	writeTimeout time.Duration

	work   *workspace // nil while idle
	early  []byte     // came while idle, and is still to be read
	first  [512]byte  // where early is: most requests fit
	broken error      // why nothing more can be written

	readBy, writeBy time.Time // the connection's deadlines
}

// workspace is what a conversation needs while it is not idle.
type workspace struct {
	in  *bufio.Reader
	out output
	req request
}

var workspaces = sync.Pool{New: func() any {
	return &workspace{in: bufio.NewReaderSize(nil, 4<<10), out: make(output, 0, 4<<10)}
}}

// fullOutput is when responses no longer wait for more of them.
const fullOutput = 64 << 10

// await waits until the next request begins to come. While it waits there are
// no buffers.
func (s *stream) await(timeout time.Duration) error {
	if s.pipelined() {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	s.release()
	s.readWithin(timeout)
	n, err := io.ReadAtLeast(s.conn, s.first[:], 1)
	if err != nil {
		return err
	}
	s.early = s.first[:n]
	s.work = workspaces.Get().(*workspace)
	s.work.in.Reset(s)
	return nil
}

// pipelined says whether something has come behind the last request.
func (s *stream) pipelined() bool { return s.work != nil && s.work.in.Buffered() > 0 }

// release gives the buffers back.
func (s *stream) release() {
	if s.work == nil {
		return
	}
	s.work.in.Reset(nil)
	if cap(s.work.out) <= 2*fullOutput {
		workspaces.Put(s.work)
	}
	s.work = nil
}

// Read is for the buffer, work.in. Before it waits for the client it sends what
// the client may be waiting for.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.early) > 0 {
		n := copy(p, s.early)
		s.early = s.early[n:]
		return n, nil
	}
	if err := s.flush(); err != nil {
		return 0, err
	}
	return s.conn.Read(p)
}

// queued sends the output if there is much of it; otherwise it can wait.
func (s *stream) queued() error {
	if len(s.work.out) < fullOutput {
		return nil
	}
	return s.flush()
}

// flush sends all output.
func (s *stream) flush() error {
	if s.broken != nil || s.work == nil || len(s.work.out) == 0 {
		return s.broken
	}
	s.writeWithin(s.writeTimeout)
	_, s.broken = s.conn.Write(s.work.out)
	s.work.out = s.work.out[:0]
	return s.broken
}

// readWithin limits the time of the reads to come, all together.
func (s *stream) readWithin(d time.Duration) {
	if by := s.clock.Now().Add(d); differ(by, s.readBy) {
		s.readBy = by
		s.conn.SetReadDeadline(by)
	}
}

// writeWithin limits the time of the writes to come, all together.
func (s *stream) writeWithin(d time.Duration) {
	if by := s.clock.Now().Add(d); differ(by, s.writeBy) {
		s.writeBy = by
		s.conn.SetWriteDeadline(by)
	}
}

// differ says whether moving a deadline is worth it: doing so several times for
// each of thousands of requests a second is not.
func differ(a, b time.Time) bool {
	const slack = 200 * time.Millisecond
	return a.Sub(b).Abs() > slack
}
