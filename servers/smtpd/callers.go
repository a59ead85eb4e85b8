package smtpd

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// callers counts the connections of each client, so that one cannot take them all.
type callers struct {
	mu   sync.Mutex
	from map[netip.Addr]int
}

func (c *callers) enter(conn net.Conn, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.from == nil {
		c.from = make(map[netip.Addr]int)
	}
	ip := ipOf(conn)
	if c.from[ip] >= most {
		return false
	}
	c.from[ip]++
	return true
}

func (c *callers) leave(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ip := ipOf(conn)
	if c.from[ip]--; c.from[ip] == 0 {
		delete(c.from, ip)
	}
}

func (o *office) turnAway(conn net.Conn) {
	conn.SetWriteDeadline(o.Clock.Now().Add(time.Second))
	fmt.Fprintf(conn, "421 4.7.0 %s: you have too many connections\r\n", o.Hostname)
}
