package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/tftp"
)

// overhear is nw, whose packet sockets write down each datagram of TFTP that goes
// through them: what is sent after ">", what is received after "<", with the
// other side's address and port. The client does not know of it.
func overhear(nw netx.Network, to io.Writer) netx.Network { return overheardNetwork{nw, to} }

type overheardNetwork struct {
	netx.Network
	to io.Writer
}

func (n overheardNetwork) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	conn, err := n.Network.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &overheardConn{conn, n.to, tftp.Protocol.New().(dissect.DatagramDissector)}, nil
}

func (n overheardNetwork) LookupHost(ctx context.Context, name string) ([]string, error) {
	resolver, ok := n.Network.(netx.Resolver)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return resolver.LookupHost(ctx, name)
}

// overheardConn is used by one goroutine, as a transfer's socket is.
type overheardConn struct {
	net.PacketConn
	to        io.Writer
	dissector dissect.DatagramDissector
}

func (c *overheardConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.PacketConn.ReadFrom(b)
	if err == nil {
		c.write("<", from, dissect.Datagram{From: addrPort(from), To: addrPort(c.LocalAddr()), Payload: b[:n]})
	}
	return n, from, err
}

func (c *overheardConn) WriteTo(b []byte, to net.Addr) (int, error) {
	c.write(">", to, dissect.Datagram{From: addrPort(c.LocalAddr()), To: addrPort(to), Payload: b})
	return c.PacketConn.WriteTo(b, to)
}

func (c *overheardConn) write(direction string, other net.Addr, g dissect.Datagram) {
	g.Expect = func(dissect.Expectation) {}
	fmt.Fprintf(c.to, "%s %s %s\n", direction, other, c.dissector.Datagram(&g).Summary)
}

func addrPort(addr net.Addr) netip.AddrPort {
	if udp, ok := addr.(*net.UDPAddr); ok {
		return udp.AddrPort()
	}
	return netip.AddrPort{}
}
