package ftpd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/ftp"
)

// dataPort is what the two sides have agreed on for the next data connection:
// who connects to where. It serves one transfer.
type dataPort struct {
	active netip.AddrPort // connect to this; or else
	listen net.Listener   // wait for the client here
	agreed bool           // there is one; a listener stays open when there is not
	strict bool           // EPSV ALL: nothing else from now on (RFC 2428 §4)
}

func (p *dataPort) close() {
	p.agreed, p.active = false, netip.AddrPort{}
	if p.listen != nil {
		p.listen.Close()
		p.listen = nil
	}
}

// port takes the address to which the server is to connect: PORT (RFC 959
// §4.1.2) or EPRT (RFC 2428 §2).
//
// It must be the client's own. A server that connected to wherever it is told
// could be made to attack others in its name, and to send a file as a mail: the
// bounce attack. Ports below 1024 are those of servers, not of a client that
// waits (RFC 2577 §3).
func (c *conversation) port(cmd ftp.Command) bool {
	parse := ftp.ParsePort
	if cmd.Verb == "EPRT" {
		parse = ftp.ParseExtendedPort
	}
	at, err := parse(cmd.Arg)
	const lowest = 1024
	switch {
	case c.data.strict:
		c.reply(503, "After EPSV ALL there is only EPSV.")
	case err != nil && cmd.Verb == "EPRT" && !hasFamily(cmd.Arg):
		c.reply(522, "No such network protocol, use (1,2)")
	case err != nil:
		c.reply(501, "That is no address.")
	case at.Addr().Unmap() != c.peer.WithZone(""):
		c.desk.Log.Warn("ftpd: a data connection to somebody else was asked for", "client", c.peer, "to", at)
		c.reply(504, "Data connections go to your own address only.")
	case at.Port() < lowest:
		c.reply(504, fmt.Sprintf("Data connections go to ports from %d on.", lowest))
	default:
		c.data.close()
		c.data.active = netip.AddrPortFrom(c.peer, at.Port())
		c.data.agreed = true
		c.reply(200, cmd.Verb+" command successful.")
		c.library.prepare()
	}
	return false
}

// hasFamily reports whether the argument of EPRT begins with one of the two network
// protocols that there are: 1 is IPv4, 2 is IPv6.
func hasFamily(arg string) bool {
	return len(arg) >= 3 && arg[0] == arg[2] && (arg[1] == '1' || arg[1] == '2')
}

// pasv tells the client where to connect to: RFC 959 §4.1.2.
func (c *conversation) pasv(ftp.Command) bool {
	at := c.local
	if c.desk.PassiveAddr.IsValid() {
		at = c.desk.PassiveAddr
	}
	switch {
	case c.data.strict:
		c.reply(503, "After EPSV ALL there is only EPSV.")
	case !at.Is4():
		c.reply(425, "PASV knows IPv4 only; use EPSV.")
	default:
		if port, ok := c.listen(); ok {
			c.reply(227, ftp.FormatPassive(netip.AddrPortFrom(at, port))+".")
			c.library.prepare()
		}
	}
	return false
}

// epsv is PASV for every network protocol (RFC 2428 §3).
func (c *conversation) epsv(cmd ftp.Command) bool {
	family := "2"
	if c.local.Is4() {
		family = "1"
	}
	switch arg := strings.ToUpper(cmd.Arg); arg {
	case "ALL":
		c.data.strict = true
		c.reply(200, "EPSV it is, from now on.")
	case "", family:
		if port, ok := c.listen(); ok {
			c.reply(229, ftp.FormatExtendedPassive(port))
			c.library.prepare()
		}
	case "1", "2":
		c.reply(522, "Another network protocol than this connection's, use ("+family+")")
	default:
		c.reply(501, "That is no network protocol.")
	}
	return false
}

// listen opens a port for the client's data connection, or takes the session's
// again: that saves opening one for each of a thousand small files. When nobody
// has come to it since it was last told, somebody might still come, too late: it
// is given up, and the client is told another.
func (c *conversation) listen() (port uint16, ok bool) {
	if c.data.agreed {
		c.data.close()
	}
	if c.data.listen == nil {
		ln, err := c.openPort()
		if err != nil {
			c.desk.Log.Error("ftpd: no port for a data connection", "client", c.peer, "error", err)
			c.reply(425, "There is no port for a data connection.")
			return 0, false
		}
		c.data.listen = ln
	}
	c.data.agreed, c.data.active = true, netip.AddrPort{}
	at, _ := netip.ParseAddrPort(c.data.listen.Addr().String())
	return at.Port(), true
}

// openPort opens a port of the address that the client has reached, so that it
// is open nowhere else. It tries ports itself: a system that is asked for any port
// searches long when thousands of connections have just ended.
func (c *conversation) openPort() (net.Listener, error) {
	host := c.local.String()
	ports := c.desk.PassivePorts
	count := int(ports.Last-ports.First) + 1
	first := rand.IntN(count) // hard to guess (RFC 2577 §8)
	for i := range count {
		port := int(ports.First) + (first+i)%count
		ln, err := c.desk.nw.Listen(c.ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if !errors.Is(err, syscall.EADDRINUSE) {
			return ln, err
		}
	}
	return nil, fmt.Errorf("all of %d to %d are in use", ports.First, ports.Last)
}

// openData makes the data connection that has been agreed on.
func (c *conversation) openData(ctx context.Context, agreed dataPort) (net.Conn, error) {
	ctx, cancel := clock.WithTimeout(ctx, c.desk.Clock, c.desk.DataTimeout)
	defer cancel()
	if agreed.active.IsValid() {
		return c.connect(ctx, agreed.active)
	}
	return c.accept(ctx, agreed.listen)
}

// connect goes to the client, from port 20, which is ftp-data (RFC 959 §3.2).
// Where that cannot be had, any other will do: on most systems a program needs a
// privilege for it, and it may be in use.
func (c *conversation) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	d := c.desk
	from, ok := d.nw.(netx.SourceDialer)
	if !ok {
		return d.nw.DialContext(ctx, "tcp", to.String())
	}
	conn, err := from.DialFrom(ctx, "tcp", net.JoinHostPort(c.local.String(), "20"), to.String())
	if !errors.Is(err, os.ErrPermission) && !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EADDRNOTAVAIL) {
		return conn, err
	}
	d.no20.Do(func() {
		d.Log.Info("ftpd: a data connection comes from any port, since port 20 cannot be had", "error", err)
	})
	return from.DialFrom(ctx, "tcp", net.JoinHostPort(c.local.String(), "0"), to.String())
}

// accept waits for the client. Anybody else who comes is turned away: the file
// is not theirs (RFC 2577 §8).
func (c *conversation) accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	for {
		conn, err := ln.Accept()
		if err != nil {
			if !stop() {
				err = fmt.Errorf("nobody came within %v", c.desk.DataTimeout)
			}
			return nil, err
		}
		who := addressOf(conn.RemoteAddr())
		if who == c.peer {
			if !stop() { // just now too late: the port is closed
				conn.Close()
				return nil, context.Cause(ctx)
			}
			return conn, nil
		}
		c.desk.Log.Warn("ftpd: somebody else came for a data connection", "client", c.peer, "came", who)
		conn.Close()
	}
}
