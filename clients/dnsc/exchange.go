package dnsc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/protocol/dnsmsg"
)

// ErrTimeout says that no reply came in time. It is an os.ErrDeadlineExceeded.
var ErrTimeout = fmt.Errorf("no reply: %w", os.ErrDeadlineExceeded)

// mostStray is how many datagrams that are no reply to the question are passed
// over until the server is given up.
const mostStray = 1000

// askUDP sends query as a datagram, again when no reply comes, and waits for
// the reply. All tries use one socket and one ID, so that a reply that is late
// is still a reply. Its RTT is then too short: it counts from the latest try
// (the ambiguity that Karn's algorithm is about; Kurose & Ross §3.5.3).
func (c *Client) askUDP(ctx context.Context, server netip.AddrPort, query *dns.Msg) (*Reply, error) {
	packet, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("dnsc: %w", err)
	}
	conn, err := c.dial(ctx, "udp", server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	buf := make([]byte, dns.MaxMsgSize)
	wait, stray := c.timeout(), 0
	for try := 1; try <= c.tries(); try++ {
		sent := c.clock().Now()
		conn.SetDeadline(sent.Add(wait))
		if _, err := conn.Write(packet); err != nil {
			return nil, orEnd(ctx, err)
		}
		for {
			n, err := conn.Read(buf)
			if isTimeout(err) && ctx.Err() == nil {
				break
			}
			if err != nil {
				return nil, orEnd(ctx, err)
			}
			if msg := dnsmsg.Reply(buf[:n], query); msg != nil {
				now := c.clock().Now()
				return &Reply{Msg: msg, Server: server, Transport: "udp", Sent: sent, RTT: now.Sub(sent), Bytes: n, Tries: try}, nil
			}
			if stray++; stray == mostStray {
				return nil, fmt.Errorf("dnsc: %v sends only what is no reply to the question", server)
			}
		}
		wait *= 2
	}
	return nil, fmt.Errorf("dnsc: %v, asked %d times: %w", server, c.tries(), ErrTimeout)
}

// askTCP sends query over a connection of its own.
func (c *Client) askTCP(ctx context.Context, server netip.AddrPort, query *dns.Msg) (*Reply, error) {
	conn, err := c.dial(ctx, "tcp", server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	sent := c.clock().Now()
	conn.SetDeadline(sent.Add(c.tcpTimeout()))
	if err := writeTCP(conn, query); err != nil {
		return nil, orEnd(ctx, err)
	}
	packet, err := dnsmsg.Read(conn)
	if err != nil {
		return nil, orEnd(ctx, fmt.Errorf("dnsc: %v over TCP: %w", server, err))
	}
	msg := dnsmsg.Reply(packet, query)
	if msg == nil {
		return nil, fmt.Errorf("dnsc: %v over TCP: what it sent is no reply to the question", server)
	}
	return &Reply{Msg: msg, Server: server, Transport: "tcp", Sent: sent, RTT: c.clock().Now().Sub(sent), Bytes: len(packet)}, nil
}

// writeTCP sends msg on a connection.
func writeTCP(w io.Writer, msg *dns.Msg) error {
	packet, err := msg.Pack()
	if err != nil {
		return fmt.Errorf("dnsc: %w", err)
	}
	_, err = w.Write(dnsmsg.Framed(packet))
	return err
}

func (c *Client) dial(ctx context.Context, network string, server netip.AddrPort) (net.Conn, error) {
	dialCtx, cancel := clock.WithTimeout(ctx, c.clock(), c.tcpTimeout())
	defer cancel()
	conn, err := c.network().DialContext(dialCtx, network, server.String())
	if err == nil {
		return conn, nil
	}
	if ctx.Err() == nil && dialCtx.Err() != nil {
		err = ErrTimeout
	}
	return nil, fmt.Errorf("dnsc: %v: %w", server, orEnd(ctx, err))
}

// orEnd is why ctx ended, when it has: err is then only its consequence.
func orEnd(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &e) && e.Timeout()
}
