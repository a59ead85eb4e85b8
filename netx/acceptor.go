package netx

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Acceptor accepts connections and gives each a goroutine: the loop at the
// bottom of every TCP server here. The zero value works.
type Acceptor struct {
	// Log is told about panics and failing accepts; nil means slog.Default().
	Log *slog.Logger

	// MaxConns is how many connections may be open at once; 0 means 10,000.
	// Further ones wait in the listener's queue.
	MaxConns int

	wait sync.WaitGroup
	mu   sync.Mutex
	open map[net.Conn]struct{}
}

const defaultMaxConns = 10_000

// Serve hands every connection that ln accepts to handle, in a goroutine of
// its own, and closes the connection when handle returns. When ctx ends it
// closes the listener and all connections, waits for every handle to return,
// and returns nil. It returns an error only when the listener itself failed.
func (a *Acceptor) Serve(ctx context.Context, ln net.Listener, handle func(context.Context, net.Conn)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer a.wait.Wait()
	defer a.closeAll()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer ln.Close()

	slots := make(chan struct{}, cmp.Or(a.MaxConns, defaultMaxConns))
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := a.accept(ctx, ln)
		if ctx.Err() != nil {
			if conn != nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			return err
		}
		a.remember(conn)
		a.wait.Go(func() {
			defer func() { <-slots }()
			defer a.forget(conn)
			Guard(ctx, a.Log, "connection from "+conn.RemoteAddr().String(), func() { handle(ctx, conn) })
		})
	}
}

// accept tries again, ever more slowly, while the system is short of what a
// connection needs (descriptors, memory): dropping the listener then would
// turn a busy minute into an outage.
func (a *Acceptor) accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	const longest = time.Second
	pause := 5 * time.Millisecond
	for {
		conn, err := ln.Accept()
		if err == nil || errors.Is(err, net.ErrClosed) || !isTemporary(err) {
			return conn, err
		}
		cmp.Or(a.Log, slog.Default()).Warn("accept failed, trying again", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		pause = min(2*pause, longest)
	}
}

// isTemporary asks the error itself. net.Error's Temporary is deprecated for
// I/O in general, but for accept it is exactly what is meant.
func isTemporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

func (a *Acceptor) remember(conn net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = make(map[net.Conn]struct{})
	}
	a.open[conn] = struct{}{}
}

func (a *Acceptor) forget(conn net.Conn) {
	conn.Close()
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, conn)
}

func (a *Acceptor) closeAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for conn := range a.open {
		conn.Close()
	}
}
