package gateway

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// join carries bytes between two connections, in both directions, until both
// have ended, one fails, nothing has moved for idle, or ctx ends. It closes both.
//
// The end of one direction is no more than that: a client that has sent its
// request and a FIN still reads the reply (RFC 9293 §3.6). A reset, though, is
// passed on as a reset: a reply that was cut off must not look complete.
func join(ctx context.Context, c clock.Clock, idle time.Duration, a, b net.Conn) {
	closeBoth := func() { a.Close(); b.Close() }
	defer closeBoth()
	defer context.AfterFunc(ctx, closeBoth)()
	var moved atomic.Int64
	defer watch(c, idle, &moved, closeBoth)()

	var both sync.WaitGroup
	carry := func(to, from net.Conn) {
		if err := stream(to, from, &moved); err != nil {
			reset(to)
			reset(from)
		}
	}
	both.Go(func() { carry(a, b) })
	carry(b, a)
	both.Wait()
}

// buffers are as large as what one read of a fast connection yields.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// stream carries one direction, and at its end passes the FIN on.
func stream(to, from net.Conn, moved *atomic.Int64) error {
	buf := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buf)
	for {
		n, err := from.Read(buf[:])
		if n > 0 {
			moved.Add(int64(n))
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return closeWrite(to)
		}
		if err != nil {
			return err
		}
	}
}

// closeWrite sends a FIN. Of a connection that cannot do only that, nothing is
// closed yet.
func closeWrite(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// reset closes a connection so that its peer sees that something went wrong,
// where the network can do that.
func reset(conn net.Conn) {
	if lingers, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		lingers.SetLinger(0)
	}
	conn.Close()
}

// watch calls idled when moved has not changed for d. stop ends that.
func watch(c clock.Clock, d time.Duration, moved *atomic.Int64, idled func()) (stop func()) {
	w := &watchman{moved: moved, seen: moved.Load(), every: d, idled: idled}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = c.AfterFunc(d, w.look)
	return w.stop
}

type watchman struct {
	moved *atomic.Int64
	every time.Duration
	idled func()

	mu      sync.Mutex
	seen    int64
	stopped bool
	timer   clock.Timer
}

func (w *watchman) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	if now := w.moved.Load(); now != w.seen {
		w.seen = now
		w.timer.Reset(w.every)
		return
	}
	w.stopped = true
	w.idled()
}

func (w *watchman) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}
