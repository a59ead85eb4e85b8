package internet

import (
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/wirebook/wirebook/internet/forward"
)

const (
	// askAgain is for how long an Ethernet address is used before the stack
	// is asked for it again. The stack then sees that the neighbor is still
	// in use, and probes it when its entry has grown old (RFC 4861 §7.3).
	askAgain = time.Second

	// Packets wait for ARP or NDP, so many for one next hop, for so many
	// next hops at once. RFC 1122 §2.3.2.2 asks for at least one.
	maxWaiting     = 64
	maxWaitingHops = 256

	// maxKnown bounds what a link full of liars can make the router keep.
	maxKnown = 8192
)

// nextHops knows the Ethernet addresses of a router's next hops: its adjacency
// table. The stack finds them out, by ARP and NDP. What it has found is in effect
// when its callback returns: who has just said its address by ARP is answered there.
// But the stack must not be asked in its own callbacks, where it holds locks, and to
// tell a sender that its packet goes no further can need another next hop: that is
// for a goroutine.
type nextHops struct {
	router *Router

	mu      sync.RWMutex
	known   map[nextHop]*adjacency
	waiting map[nextHop][]parcel // never empty slices

	silentMu  sync.Mutex
	silent    []nextHop     // those that do not answer
	givingUp  chan struct{} // a token: there are some
	end, done chan struct{}
}

// adjacency is a next hop whose Ethernet address is known.
type adjacency struct {
	mac mac
	ask atomic.Int64 // when the stack is to be asked again, in Unix nanoseconds
}

func (n *nextHops) start(r *Router) {
	n.router = r
	n.known = make(map[nextHop]*adjacency)
	n.waiting = make(map[nextHop][]parcel)
	n.givingUp = make(chan struct{}, 1)
	n.end, n.done = make(chan struct{}), make(chan struct{})
	go n.serve()
}

func (n *nextHops) stop() {
	close(n.end)
	<-n.done
}

// send sends a parcel at once when its next hop's Ethernet address is known,
// and else when it has been found out.
func (n *nextHops) send(p parcel) {
	n.mu.RLock()
	a := n.known[p.to]
	n.mu.RUnlock()
	if a == nil {
		n.hold(p)
		return
	}
	p.put(a.mac)
	now, due := p.came.at.UnixNano(), a.ask.Load()
	if now >= due && a.ask.CompareAndSwap(due, now+int64(askAgain)) {
		n.ask(p.to)
	}
}

// hold lets a parcel wait. The first that waits for a next hop has the stack
// asked for it.
func (n *nextHops) hold(p parcel) {
	n.mu.Lock()
	if a := n.known[p.to]; a != nil { // found out in this moment
		p.put(a.mac)
		n.mu.Unlock()
		return
	}
	queue := n.waiting[p.to]
	full := len(queue) >= maxWaiting || len(queue) == 0 && len(n.waiting) >= maxWaitingHops
	if !full {
		n.waiting[p.to] = append(queue, p)
	}
	n.mu.Unlock()
	switch {
	case full:
		n.router.forwarder.CountDrop(forward.QueueFull)
		if p.decision.Verdict == forward.Send {
			n.router.discard(p.came, p.in)
		}
	case len(queue) == 0:
		n.ask(p.to)
	}
}

// ask has the stack find out an Ethernet address.
func (n *nextHops) ask(hop nextHop) {
	protocol := ipv4.ProtocolNumber
	if hop.addr.Is6() {
		protocol = ipv6.ProtocolNumber
	}
	failed := n.router.stack.GetLinkAddress(hop.card.id, stackAddress(hop.addr), tcpip.Address{}, protocol,
		func(result stack.LinkResolutionResult) {
			if result.Err == nil && len(result.LinkAddress) == len(mac{}) {
				n.learn(hop, mac([]byte(result.LinkAddress)))
			} else {
				n.hearNothing(hop)
			}
		})
	if _, later := failed.(*tcpip.ErrWouldBlock); failed != nil && !later {
		n.hearNothing(hop)
	}
}

// OnNeighborChanged implements stack.NUDDispatcher. A neighbor can have another
// Ethernet address from one moment to the next: a host has taken over the IP
// address of another, and has asked for something by ARP.
func (n *nextHops) OnNeighborChanged(id tcpip.NICID, entry stack.NeighborEntry) {
	if entry.State == stack.Unreachable || len(entry.LinkAddr) != len(mac{}) {
		return
	}
	for _, card := range *n.router.ports.Load() {
		if card.id == id {
			n.learn(nextHop{card, plainAddress(entry.Addr)}, mac([]byte(entry.LinkAddr)))
		}
	}
}

// OnNeighborAdded implements stack.NUDDispatcher: who waits for it is told.
func (n *nextHops) OnNeighborAdded(tcpip.NICID, stack.NeighborEntry) {}

// OnNeighborRemoved implements stack.NUDDispatcher: what was known may stay.
func (n *nextHops) OnNeighborRemoved(tcpip.NICID, stack.NeighborEntry) {}

// hearNothing is called, often with the stack's locks held, when a next hop does not
// answer.
func (n *nextHops) hearNothing(hop nextHop) {
	n.silentMu.Lock()
	n.silent = append(n.silent, hop)
	n.silentMu.Unlock()
	select {
	case n.givingUp <- struct{}{}:
	default:
	}
}

func (n *nextHops) serve() {
	defer close(n.done)
	for {
		select {
		case <-n.givingUp:
		case <-n.end:
			return
		}
		n.silentMu.Lock()
		silent := n.silent
		n.silent = nil
		n.silentMu.Unlock()
		for _, hop := range silent {
			n.giveUp(hop)
		}
	}
}

// learn notes a next hop's Ethernet address, and sends what waits for it. Packets
// that come in meanwhile wait for the lock, so that they do not overtake these. It
// only fills queues, and may be called with the stack's locks held.
func (n *nextHops) learn(hop nextHop, address mac) {
	n.mu.Lock()
	defer n.mu.Unlock()
	known, waiting := n.known[hop], n.waiting[hop]
	if known == nil && waiting == nil {
		return // a neighbor that nothing has been sent to
	}
	for _, p := range waiting {
		p.put(address)
	}
	delete(n.waiting, hop)
	if known != nil && known.mac == address {
		return
	}
	if len(n.known) >= maxKnown {
		clear(n.known)
	}
	fresh := &adjacency{mac: address}
	fresh.ask.Store(n.router.net.clock.Now().Add(askAgain).UnixNano())
	n.known[hop] = fresh
}

// giveUp tells the senders of what waits for a next hop that it does not answer.
func (n *nextHops) giveUp(hop nextHop) {
	n.mu.Lock()
	parcels := n.waiting[hop]
	delete(n.waiting, hop)
	delete(n.known, hop)
	n.mu.Unlock()
	r := n.router
	for _, p := range parcels {
		if p.decision.Verdict == forward.Answer {
			r.forwarder.CountDrop(forward.HostUnreachable)
			continue
		}
		r.carryOut(p.came, p.in, r.forwarder.Unreachable(p.in, p.came.data[ethernetHeader:]))
	}
}
