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
// table. The stack finds them out, by ARP and NDP. It must not be asked in its
// own callbacks, where it holds locks: what it answers is handed to a goroutine.
type nextHops struct {
	router *Router

	mu      sync.RWMutex
	known   map[nextHop]*adjacency
	waiting map[nextHop][]parcel // never empty slices

	answersMu sync.Mutex
	answers   []answer
	answered  chan struct{} // a token: there are answers
	end, done chan struct{}
}

// adjacency is a next hop whose Ethernet address is known.
type adjacency struct {
	mac mac
	ask atomic.Int64 // when the stack is to be asked again, in Unix nanoseconds
}

// answer is what the stack found out.
type answer struct {
	hop   nextHop
	mac   mac
	found bool
}

func (n *nextHops) start(r *Router) {
	n.router = r
	n.known = make(map[nextHop]*adjacency)
	n.waiting = make(map[nextHop][]parcel)
	n.answered = make(chan struct{}, 1)
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
			a := answer{hop: hop, found: result.Err == nil && len(result.LinkAddress) == len(mac{})}
			copy(a.mac[:], result.LinkAddress)
			n.hear(a)
		})
	if _, later := failed.(*tcpip.ErrWouldBlock); failed != nil && !later {
		n.hear(answer{hop: hop})
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
			a := answer{hop: nextHop{card, plainAddress(entry.Addr)}, found: true}
			copy(a.mac[:], entry.LinkAddr)
			n.hear(a)
		}
	}
}

// OnNeighborAdded implements stack.NUDDispatcher: who waits for it is told.
func (n *nextHops) OnNeighborAdded(tcpip.NICID, stack.NeighborEntry) {}

// OnNeighborRemoved implements stack.NUDDispatcher: what was known may stay.
func (n *nextHops) OnNeighborRemoved(tcpip.NICID, stack.NeighborEntry) {}

// hear is called with an answer, often with the stack's locks held.
func (n *nextHops) hear(a answer) {
	n.answersMu.Lock()
	n.answers = append(n.answers, a)
	n.answersMu.Unlock()
	select {
	case n.answered <- struct{}{}:
	default:
	}
}

func (n *nextHops) serve() {
	defer close(n.done)
	for {
		select {
		case <-n.answered:
		case <-n.end:
			return
		}
		n.answersMu.Lock()
		answers := n.answers
		n.answers = nil
		n.answersMu.Unlock()
		for _, a := range answers {
			if a.found {
				n.learn(a)
			} else {
				n.giveUp(a.hop)
			}
		}
	}
}

// learn sends what waits for a next hop. Packets that come in meanwhile wait
// for the lock, so that they do not overtake these.
func (n *nextHops) learn(a answer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	known, waiting := n.known[a.hop], n.waiting[a.hop]
	if known == nil && waiting == nil {
		return // a neighbor that nothing has been sent to
	}
	for _, p := range waiting {
		p.put(a.mac)
	}
	delete(n.waiting, a.hop)
	if known != nil && known.mac == a.mac {
		return
	}
	if len(n.known) >= maxKnown {
		clear(n.known)
	}
	fresh := &adjacency{mac: a.mac}
	fresh.ask.Store(n.router.net.clock.Now().Add(askAgain).UnixNano())
	n.known[a.hop] = fresh
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
