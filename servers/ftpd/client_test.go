package ftpd_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/ftp"
)

// patience is how long anything may take, on a loaded machine.
const patience = time.Minute

// client is just enough of one to say what a test wants said.
type client struct {
	t      testing.TB
	nw     netx.Network
	conn   net.Conn
	in     *bufio.Reader
	active bool
	tls    *tls.Config // for data connections; nil: in the clear
}

// dial connects, and reads the greeting.
func dial(t testing.TB, nw netx.Network, at netip.AddrPort) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := nw.DialContext(ctx, "tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	setDeadline(conn)
	c := &client{t: t, nw: nw, conn: conn, in: bufio.NewReader(conn)}
	c.expect(220)
	return c
}

func (c *client) login(user string) *client {
	c.t.Helper()
	c.do(331, "USER %s", user)
	c.do(230, "PASS %s", user)
	c.do(200, "TYPE I")
	return c
}

func (c *client) say(format string, args ...any) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.conn, format+"\r\n", args...); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) expect(code int) ftp.Reply {
	c.t.Helper()
	reply, err := ftp.ReadReply(c.in)
	if err != nil || reply.Code != code {
		c.t.Fatalf("got %v, %v, want %d", reply, err, code)
	}
	return reply
}

func (c *client) do(code int, format string, args ...any) ftp.Reply {
	c.t.Helper()
	c.say(format, args...)
	return c.expect(code)
}

// open agrees on a data connection, says the command, and returns the connection
// once the server has said 150.
func (c *client) open(format string, args ...any) net.Conn {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	var conn net.Conn
	var err error
	if c.active {
		host, _, _ := net.SplitHostPort(c.conn.LocalAddr().String())
		ln, failed := c.nw.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
		if failed != nil {
			c.t.Fatal(failed)
		}
		defer ln.Close()
		at, _ := netip.ParseAddrPort(ln.Addr().String())
		c.do(200, "EPRT %s", ftp.FormatExtendedPort(netip.AddrPortFrom(at.Addr().Unmap(), at.Port())))
		c.say(format, args...)
		conn, err = ln.Accept()
	} else {
		port, failed := ftp.ParseExtendedPassive(c.do(229, "EPSV").Text())
		if failed != nil {
			c.t.Fatal(failed)
		}
		host, _, _ := net.SplitHostPort(c.conn.RemoteAddr().String())
		c.say(format, args...)
		conn, err = c.nw.DialContext(ctx, "tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	setDeadline(conn)
	c.expect(150)
	if c.tls != nil {
		return tls.Client(conn, c.tls)
	}
	return conn
}

// get fetches a file, or a listing.
func (c *client) get(format string, args ...any) []byte {
	c.t.Helper()
	conn := c.open(format, args...)
	content, err := io.ReadAll(conn)
	if err != nil {
		c.t.Fatal(err)
	}
	conn.Close()
	c.expect(226)
	return content
}

func (c *client) put(content []byte, format string, args ...any) {
	c.t.Helper()
	conn := c.open(format, args...)
	if _, err := conn.Write(content); err != nil {
		c.t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		c.t.Fatal(err)
	}
	c.expect(226)
}

// setDeadline keeps a test from waiting for ever. On a miniature Internet, whose
// time may be moved ahead, the test's own end does.
func setDeadline(conn net.Conn) {
	if _, ok := conn.(*net.TCPConn); ok {
		conn.SetDeadline(time.Now().Add(patience))
	}
}
