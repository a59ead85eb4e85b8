// Package dialogue is the connection on which a client talks to a mail server.
//
// SMTP, POP3 and IMAP differ in what is said. They agree in how one comes to
// speak: the connection is made in time, with TLS from the first byte or later
// (RFC 8314 §3); each side gives the other so long; and when something has gone
// wrong nothing more can be said, since nobody knows any longer which reply would
// belong to which command.
//
//	d := dialogue.Dialer{Timeout: time.Minute}
//	err := d.Dial(ctx, "mail.example.com", "110", false, func(c *dialogue.Conn) error {
//		in := bufio.NewReader(c)
//		c.Wait(time.Minute)
//		greeting, err := in.ReadString('\n')
//		…
//		return c.Say("USER alice\r\n")
//	})
//
// In the book the connection is that of Kurose & Ross §2.7, TCP's socket.
package dialogue

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Dialer makes connections. The zero value does so on the operating system's
// network.
type Dialer struct {
	Network netx.Network  // netx.OS{}
	Clock   clock.Clock   // the machine's
	TLS     *tls.Config   // whom to trust; by default whom the system trusts
	Timeout time.Duration // for the connection, for TLS to begin, and for what is sent to be taken; 30 s
}

// Conn is a connection. It is for one goroutine at a time; another may call Write
// and Wait.
type Conn struct {
	dialer  Dialer
	host    string // whose certificate is wanted
	ctx     context.Context
	stop    func() bool
	conn    net.Conn // a *tls.Conn, if secured
	secured bool
	over    error // why nothing more can be said
}

// Dial connects to a server, a host or host:port, with TLS at once if secure, and
// has begin say what is said first. If that fails the connection is closed. It
// ends when ctx does.
func (d Dialer) Dial(ctx context.Context, server, port string, secure bool, begin func(*Conn) error) error {
	d.Network, d.Clock = cmp.Or[netx.Network](d.Network, netx.OS{}), clock.Or(d.Clock)
	d.Timeout = cmp.Or(d.Timeout, 30*time.Second)
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		host = strings.Trim(server, "[]")
		server = net.JoinHostPort(host, port)
	}
	connecting, cancel := clock.WithTimeout(ctx, d.Clock, d.Timeout)
	defer cancel()
	conn, err := d.Network.DialContext(connecting, "tcp", server)
	if err != nil {
		if cause := context.Cause(connecting); cause != nil {
			err = cause
		}
		return fmt.Errorf("%s: %w", server, err)
	}
	c := d.On(ctx, conn, host)
	if secure {
		err = c.Handshake()
	}
	if err == nil {
		err = begin(c)
	}
	if err != nil {
		c.Close()
		return fmt.Errorf("%s: %w", server, err)
	}
	return nil
}

// On is a dialogue on a connection to a host that is there already. The Dialer
// must be complete.
func (d Dialer) On(ctx context.Context, conn net.Conn, host string) *Conn {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	return &Conn{dialer: d, host: host, ctx: ctx, stop: stop, conn: conn}
}

// Handshake puts TLS between the connection and us. Nothing may have been read
// that has not been looked at.
func (c *Conn) Handshake() error {
	config := &tls.Config{}
	if c.dialer.TLS != nil {
		config = c.dialer.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = c.host
	}
	secured := tls.Client(c.conn, config)
	c.conn.SetDeadline(c.deadline(c.dialer.Timeout))
	if err := secured.HandshakeContext(c.ctx); err != nil {
		return c.Fail(err)
	}
	c.conn.SetDeadline(time.Time{})
	c.conn, c.secured = secured, true
	return nil
}

// Secured reports whether TLS has begun.
func (c *Conn) Secured() bool { return c.secured }

// LocalAddr is this end.
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// Close ends the connection, if it has not ended.
func (c *Conn) Close() error {
	c.stop()
	if c.over == nil {
		c.over = net.ErrClosed
	}
	return c.conn.Close()
}

// Ended is why nothing more can be said; nil: it can.
func (c *Conn) Ended() error { return c.over }

// End ends a dialogue in which nothing more can be said, and remembers why.
func (c *Conn) End(why error) {
	if c.over == nil {
		c.over = why
		c.conn.Close()
	}
}

// Fail is End, and returns what really went wrong: if ctx has ended, that.
func (c *Conn) Fail(err error) error {
	if cause := context.Cause(c.ctx); cause != nil {
		err = cause
	} else if err == io.EOF {
		err = fmt.Errorf("the server has ended the connection: %w", io.ErrUnexpectedEOF)
	}
	c.End(err)
	return err
}

// Cancelled reports whether ctx has ended.
func (c *Conn) Cancelled() bool { return c.ctx.Err() != nil }

// Say sends a text, if anything can still be said.
func (c *Conn) Say(text string) error {
	if c.over != nil {
		return c.over
	}
	if _, err := io.WriteString(c, text); err != nil {
		return c.Fail(err)
	}
	return nil
}

// Write sends a piece. An error does not end the dialogue: the server may have
// said why it will take no more.
func (c *Conn) Write(p []byte) (int, error) {
	c.conn.SetWriteDeadline(c.deadline(c.dialer.Timeout))
	return c.conn.Write(p)
}

// Wait gives the server so long for what is read next; 0 is for ever.
func (c *Conn) Wait(d time.Duration) {
	if d == 0 {
		c.conn.SetReadDeadline(time.Time{})
		return
	}
	c.conn.SetReadDeadline(c.deadline(d))
}

// Read reads what the server says.
func (c *Conn) Read(p []byte) (int, error) { return c.conn.Read(p) }

func (c *Conn) deadline(d time.Duration) time.Time { return c.dialer.Clock.Now().Add(d) }
