package check

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/wirebook/wirebook/world/authority"
)

// ours is the authority that programs in a check trust.
var ours = sync.OnceValues(func() (*authority.Authority, error) { return authority.New("Wirebook's labs") })

// trusted is its certificate, in PEM; nil if there is none.
func trusted() []byte {
	a, err := ours()
	if err != nil {
		return nil
	}
	return a.PEM()
}

// TLS makes the tester's end of a connection a TLS server, as whoever the program
// asks for: after STARTTLS, or at once on a port such as 465.
func (c *Conn) TLS() *Conn {
	a, err := ours()
	if err != nil {
		c.t.fault(err)
	}
	tester := c.tester().Addr()
	config := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		names := []string{"localhost"}
		if hello.ServerName != "" {
			names = append(names, hello.ServerName)
		}
		if name := c.t.ground.nameOf(tester); name != "" {
			names = append(names, name)
		}
		cert, err := a.Issue(names, []netip.Addr{tester, loopback})
		return &cert, err
	}}
	secure := tls.Server(&unread{c.Conn, c.Rest()}, config)
	c.read = len(c.got)
	conn := c.t.wrap(secure)
	conn.ended = c.handshake(secure)
	return conn
}

// BeginsTLS reports whether the program's first word is a TLS handshake. It is on
// the ports of a protocol where TLS comes first, and is not on its plain ones; on
// another port the program is given time to say a word.
func (c *Conn) BeginsTLS(first, plain []uint16) bool {
	switch port := c.tester().Port(); {
	case slices.Contains(first, port):
		return true
	case slices.Contains(plain, port):
		return false
	}
	c.Still(500 * time.Millisecond)
	return bytes.HasPrefix(c.got, []byte{0x16, 3}) // a record of a handshake, RFC 8446 §5.1
}

// handshake waits for the TLS handshake, as long as the program does something:
// a read that were interrupted within it would end it.
func (c *Conn) handshake(secure *tls.Conn) End {
	c.SetReadDeadline(time.Time{})
	done := make(chan error, 1)
	go func() { done <- secure.Handshake() }()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return Reset
			}
			return Done
		case <-tick.C:
			if end := c.t.waiting(); end != Done {
				c.Close()
				<-done
				return end
			}
		}
	}
}

// unread is a connection of which some has been read already.
type unread struct {
	net.Conn
	rest []byte
}

func (u *unread) Read(p []byte) (int, error) {
	if len(u.rest) > 0 {
		n := copy(p, u.rest)
		u.rest = u.rest[n:]
		return n, nil
	}
	return u.Conn.Read(p)
}
