package httpd

import (
	"container/list"
	"net"
	"sync"
)

// crowd is all connections, the one that has been without any progress longest
// first. When one more than max comes, that one must leave: connections that
// stay silent, or speak as slowly as they can, cannot keep others out, however
// many they are.
type crowd struct {
	max int

	mu      sync.Mutex
	members list.List // of net.Conn
}

// place is a connection's place in the crowd.
type place struct{ element *list.Element }

// enter takes a place for conn, at the end.
func (c *crowd) enter(p *place, conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.element = c.members.PushBack(conn)
	if c.members.Len() > c.max {
		// Its conversation fails at its next read or write, and leaves.
		oldest := c.members.Remove(c.members.Front()).(net.Conn)
		oldest.Close()
	}
}

// touch is progress: a whole request has come, or a part of a response has been
// taken.
func (c *crowd) touch(p *place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members.MoveToBack(p.element)
}

func (c *crowd) leave(p *place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members.Remove(p.element)
}
