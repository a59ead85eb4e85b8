package gateway

import (
	"net"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// maxEarly is how many datagrams wait while a flow's socket is being opened,
// which takes its time when a name must be looked up.
const maxEarly = 16

// flow is the datagrams of one client.
type flow struct {
	client net.Addr
	end    func()

	mu    sync.Mutex
	clock clock.Clock
	conn  net.Conn // nil: not open yet
	early [][]byte
	used  time.Time
	timer clock.Timer
}

// send passes a datagram on, which stays the caller's.
func (f *flow) send(datagram []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn == nil {
		if len(f.early) < maxEarly {
			f.early = append(f.early, append([]byte(nil), datagram...))
		}
		return
	}
	f.used = f.clock.Now()
	f.conn.Write(datagram) // what is lost is lost: it is UDP
}

// open gives the flow its socket, and sends what came before it.
func (f *flow) open(conn net.Conn, c clock.Clock) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conn, f.clock = conn, c
	for _, datagram := range f.early {
		conn.Write(datagram)
	}
	f.early = nil
}

func (f *flow) touch(c clock.Clock) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used = c.Now()
}

func (f *flow) lastUsed() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

// endWhenIdle ends the flow when it has not been used for d; stop ends that.
func (f *flow) endWhenIdle(c clock.Clock, d time.Duration) (stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.timer = c.AfterFunc(d, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if rest := d - c.Now().Sub(f.used); rest > 0 {
			f.timer.Reset(rest)
			return
		}
		f.end()
	})
	return func() { f.timer.Stop() }
}
