package main

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/wirebook/wirebook/wire"
)

// freshNames are the names of a running world's hosts by their addresses. These
// are lent, and so one may be another host's soon.
type freshNames struct {
	running *running

	mu    sync.Mutex
	known namesReply
	asked time.Time
}

// namesLast is for how long a name is taken to be right.
const namesLast = 50 * time.Millisecond

func (r *running) names() (wire.Names, error) {
	n := &freshNames{running: r}
	return n, n.ask()
}

// Host is the name of who has the address now, or "".
func (n *freshNames) Host(addr netip.Addr) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Since(n.asked) > namesLast {
		_ = n.ask() // a world that has ended keeps the names that it had
	}
	return n.known[addr]
}

func (n *freshNames) ask() error {
	var names namesReply
	err := n.running.Call(context.Background(), http.MethodGet, "/names", nil, &names)
	n.asked = time.Now()
	if err == nil {
		n.known = names
	}
	return err
}
