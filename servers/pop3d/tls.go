package pop3d

import (
	"bufio"
	"crypto/tls"
	"time"
)

// stls begins TLS (RFC 2595 §4). What the client has said so far may have been said
// by somebody in the middle: the name that USER gave is forgotten, and commands
// that came behind STLS in the clear are thrown away, lest they be carried out as
// if they had come through TLS.
func (c *conversation) stls(string) error {
	switch {
	case c.TLS == nil:
		return c.mistake("no TLS here")
	case c.secured():
		return c.mistake("TLS has begun already")
	}
	if err := c.ok("begin TLS"); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	if n := c.in.Buffered(); n > 0 {
		c.Log.Warn("pop3d: commands behind STLS were thrown away", "client", client(c.conn), "bytes", n)
	}
	c.name = ""
	return c.handshake()
}

const handshakeTimeout = 30 * time.Second

// handshake puts TLS between the connection and us.
func (c *conversation) handshake() error {
	secured := tls.Server(c.conn, c.TLS)
	c.conn.SetDeadline(c.Clock.Now().Add(handshakeTimeout))
	if err := secured.HandshakeContext(c.ctx); err != nil {
		return err
	}
	c.conn = secured
	c.in = bufio.NewReader(incoming{&c.stream})
	return nil
}
