package internet

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/netx"
)

// Host is a computer on the Internet: a protocol stack of its own, with its
// addresses, its ports and its tables. It is a [netx.Network]: what runs on it
// opens sockets there.
type Host struct {
	machine
	lookup atomic.Pointer[lookupFunc]

	turnover atomic.Uint64 // sockets that were opened, and that were closed

	socketsMu sync.Mutex
	sockets   map[*socket]struct{} // those that are open; nil once the host is closed
}

var (
	_ netx.Network      = (*Host)(nil)
	_ netx.SourceDialer = (*Host)(nil)
	_ netx.CardBinder   = (*Host)(nil)
	_ netx.Resolver     = (*Host)(nil)
)

type lookupFunc = func(ctx context.Context, name string) ([]netip.Addr, error)

func newHost(in *Internet, name string) *Host {
	return &Host{
		machine: newMachine(in, name, frame.Host, nil),
		sockets: make(map[*socket]struct{}),
	}
}

// Connect gives the host a card, on a new cable to a switch.
func (h *Host) Connect(sw *Switch, config CardConfig) (*Card, error) {
	return h.connect(sw, config, nil)
}

// SetLookup says how the host finds the addresses of a name: as a rule, with a
// DNS client that asks the host's resolver. Without it, the host knows its own
// name and localhost.
func (h *Host) SetLookup(lookup func(ctx context.Context, name string) ([]netip.Addr, error)) {
	h.lookup.Store(&lookup)
}

// close closes all sockets, then the stack.
func (h *Host) close() {
	h.socketsMu.Lock()
	open := h.sockets
	h.sockets = nil
	h.socketsMu.Unlock()
	for s := range open {
		s.close()
	}
	h.machine.close()
}

// remember keeps s to be closed with the host; false means that the host is
// closed already.
func (h *Host) remember(s *socket) bool {
	h.socketsMu.Lock()
	defer h.socketsMu.Unlock()
	if h.sockets == nil {
		return false
	}
	h.sockets[s] = struct{}{}
	h.turnover.Add(1)
	return true
}

func (h *Host) forget(s *socket) {
	h.socketsMu.Lock()
	defer h.socketsMu.Unlock()
	delete(h.sockets, s)
	h.turnover.Add(1)
}
