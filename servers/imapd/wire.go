package imapd

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/netx"
)

// wire is the connection to a client, below TLS. It holds replies back until we
// wait for the client, so that those that belong together leave together; the
// library would send each line of them alone. And it has our deadlines in place of
// the library's.
type wire struct {
	net.Conn
	office *office
	ctx    context.Context
	over   chan struct{} // closed when the session is over

	mu      sync.Mutex
	out     *[]byte   // what was not sent yet; nil: nothing
	waiting bool      // for the client: what is said now is sent at once
	loginBy time.Time // zero: the client has logged in
	last    bool      // no more commands are read
	ended   bool      // the client has hung up
	closed  bool
}

const largestPiece = 64 << 10

var pieces = sync.Pool{New: func() any { b := make([]byte, 0, largestPiece); return &b }}

func newWire(ctx context.Context, o *office, conn net.Conn) *wire {
	return &wire{Conn: conn, office: o, ctx: ctx, over: make(chan struct{}), loginBy: o.Clock.Now().Add(o.LoginTimeout)}
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	written := 0
	for len(p) > 0 {
		if w.out == nil {
			w.out = pieces.Get().(*[]byte)
		}
		n := min(len(p), largestPiece-len(*w.out))
		*w.out = append(*w.out, p[:n]...)
		p, written = p[n:], written+n
		if len(*w.out) == largestPiece || w.waiting && len(p) == 0 {
			if err := w.flush(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// flush sends what was said. The client must take it in time.
func (w *wire) flush() error {
	if w.out == nil {
		return nil
	}
	w.Conn.SetWriteDeadline(w.office.Clock.Now().Add(w.office.WriteTimeout))
	_, err := w.Conn.Write(*w.out)
	*w.out = (*w.out)[:0]
	pieces.Put(w.out)
	w.out = nil
	return err
}

func (w *wire) Read(p []byte) (int, error) {
	if err := w.wait(true); err != nil {
		return 0, err
	}
	n, err := w.Conn.Read(p)
	w.wait(false)
	if err != nil {
		w.mu.Lock()
		w.ended = true
		w.mu.Unlock()
	}
	return n, err
}

func (w *wire) wait(begins bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = begins
	if !begins {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	if w.last {
		return io.EOF
	}
	return nil
}

// SetReadDeadline is the library's: 30 s for a command to be complete once it has
// begun, 5 min for a literal, 35 min until the next one. It reckons by the
// machine's clock, and we by ours. Nobody has longer for the login than from the
// connection on, however much he talks.
func (w *wire) SetReadDeadline(t time.Time) error {
	now := w.office.Clock.Now()
	deadline := now.Add(w.office.IdleTimeout)
	if !t.IsZero() {
		deadline = earlier(deadline, now.Add(time.Until(t)))
	}
	w.mu.Lock()
	if !w.loginBy.IsZero() {
		deadline = earlier(deadline, w.loginBy)
	}
	w.mu.Unlock()
	return w.Conn.SetReadDeadline(deadline)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// SetWriteDeadline is the library's, which believes that what it writes is sent at
// once.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is not called by the library; by TLS neither.
func (w *wire) SetDeadline(t time.Time) error { return w.SetReadDeadline(t) }

// loggedIn ends the time for the login.
func (w *wire) loggedIn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loginBy = time.Time{}
}

// noMore makes what is being answered the last command.
func (w *wire) noMore() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = true
}

// cut ends the connection at once: nothing that could be said would be understood.
func (w *wire) cut() { w.Conn.Close() }

// Close sends what was said and closes the connection. A client that may be
// sending is listened to for a moment.
func (w *wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	err := w.flush()
	if err == nil && !w.ended && w.ctx.Err() == nil {
		netx.Linger(w.Conn, w.office.Clock.Now().Add(netx.LingerTime))
	}
	return w.Conn.Close()
}

// client is the other side's address, for the log.
func (w *wire) client() string { return w.RemoteAddr().String() }

// libraryLog is where the library says what it meets: clients that go away, and
// faults.
type libraryLog struct {
	ctx context.Context
	log *slog.Logger
}

func (l libraryLog) Printf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if strings.HasPrefix(text, "panic") {
		// The library has caught a panic, perhaps one of ours. It is not to go unheard.
		netx.Guard(l.ctx, l.log, "an IMAP session", func() { panic(text) })
		return
	}
	l.log.Debug("imapd: " + text)
}
