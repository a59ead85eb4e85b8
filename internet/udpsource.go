package internet

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// asked remembers, for a UDP socket that listens on all addresses of a host
// that has several, which of them each peer has sent to: an answer must come
// from the address that was asked (RFC 1123 §2.3), or the peer, whose socket
// is connected as a resolver's is, does not get it. A stack left to itself
// answers from the address that its routes suggest.
type asked struct {
	mu      sync.Mutex
	address map[netip.AddrPort]netip.Addr
}

const mostAsked = 1024 // peers that are remembered; then all are forgotten

func (a *asked) remember(peer netip.AddrPort, local netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.address == nil || len(a.address) >= mostAsked {
		a.address = make(map[netip.AddrPort]netip.Addr)
	}
	a.address[peer] = local
}

func (a *asked) by(peer netip.AddrPort) (local netip.Addr, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	local, ok = a.address[peer]
	return local, ok
}

// remember takes note of which of the host's addresses a datagram was sent to,
// unless it was sent to many.
func (c *UDPConn) remember(from netip.AddrPort, control *tcpip.ReceivableControlMessages) {
	var to netip.Addr
	switch {
	case control.HasIPPacketInfo:
		to = plainAddress(control.PacketInfo.DestinationAddr)
	case control.HasIPv6PacketInfo:
		to = plainAddress(control.IPv6PacketInfo.Addr)
	}
	if !from.Addr().IsLinkLocalUnicast() && c.host.has(to) {
		c.asked.remember(from, to)
	}
}

// writeFrom sends a datagram from one of the host's addresses.
func (c *UDPConn) writeFrom(local netip.Addr, b []byte, to netip.AddrPort) (int, error) {
	switch {
	case c.closed.Load():
		return 0, net.ErrClosed
	case c.writing.deadline.passed():
		return 0, os.ErrDeadlineExceeded
	}
	const mostData = 65535 - header.IPv4MinimumSize - header.UDPMinimumSize
	if len(b) > mostData {
		return 0, os.NewSyscallError("write", syscall.EMSGSIZE)
	}
	network := ipv4.ProtocolNumber
	if to.Addr().Is6() {
		network = ipv6.ProtocolNumber
	}
	route, failed := c.host.stack.FindRoute(0, stackAddress(local), stackAddress(to.Addr()), network, false)
	if failed != nil {
		return 0, errno("write", failed)
	}
	defer route.Release()
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: header.UDPMinimumSize + int(route.MaxHeaderLength()),
		Payload:            buffer.MakeWithData(b),
	})
	defer pkt.DecRef()
	c.putHeader(pkt, route, to.Port())
	failed = route.WritePacket(stack.NetworkHeaderParams{Protocol: header.UDPProtocolNumber, TTL: route.DefaultTTL()}, pkt)
	if failed != nil {
		return 0, errno("write", failed)
	}
	return len(b), nil
}

// putHeader puts the UDP header before the data (RFC 768).
func (c *UDPConn) putHeader(pkt *stack.PacketBuffer, route *stack.Route, to uint16) {
	length := uint16(header.UDPMinimumSize + pkt.Data().Size())
	udp := header.UDP(pkt.TransportHeader().Push(header.UDPMinimumSize))
	pkt.TransportProtocolNumber = header.UDPProtocolNumber
	udp.Encode(&header.UDPFields{SrcPort: c.port, DstPort: to, Length: length})
	sum := route.PseudoHeaderChecksum(header.UDPProtocolNumber, length)
	sum = udp.CalculateChecksum(checksum.Combine(sum, pkt.Data().Checksum()))
	if sum != 0xffff { // whose complement, zero, would mean that there is none
		sum = ^sum
	}
	udp.SetChecksum(sum)
}
