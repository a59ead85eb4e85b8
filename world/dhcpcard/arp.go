package dhcpcard

import (
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// asking is an ARP request that has not been answered yet.
type asking struct {
	addr netip.Addr
	once sync.Once
	is   chan net.HardwareAddr // gets the answer
}

func (a *asking) hear(frame []byte) {
	if addr, mac, ok := arpReply(frame); ok && addr == a.addr {
		a.once.Do(func() { a.is <- mac })
	}
}

// patience is how long an ARP reply may take. There is one request: a message
// that is not sent is as one that was lost, and DHCP sends again.
const patience = time.Second

// resolve finds the Ethernet address of a neighbour of the host with the
// address own. By asking, the client makes itself known to the neighbour, as
// every stack does: who is asked need not ask back to answer.
func (c *Card) resolve(own, addr netip.Addr, closed <-chan struct{}) (net.HardwareAddr, error) {
	a := &asking{addr: addr, is: make(chan net.HardwareAddr, 1)}
	c.setAsking(a)
	defer c.setAsking(nil)
	c.put(arpRequest(c.mac, own, addr))
	late := make(chan struct{})
	timer := c.clock.AfterFunc(patience, func() { close(late) })
	defer timer.Stop()
	select {
	case mac := <-a.is:
		return mac, nil
	case <-late:
		return nil, syscall.EHOSTUNREACH
	case <-closed:
		return nil, net.ErrClosed
	}
}

func (c *Card) setAsking(a *asking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asks = a
}
