package netx

import (
	"context"
	"net"
)

// Network is a place where sockets can be opened. Its verbs mean what
// [net.ListenConfig.Listen], [net.ListenConfig.ListenPacket] and
// [net.Dialer.DialContext] mean, and their errors can be told apart in the
// same way: [net.ErrClosed], [os.ErrDeadlineExceeded], syscall.ECONNREFUSED
// and so on, wrapped in a *[net.OpError].
//
// The networks are "tcp", "tcp4", "tcp6", "udp", "udp4" and "udp6". An address
// is "host:port"; an empty host means every address of this host.
type Network interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// SourceDialer is a Network that lets the caller choose the address and port
// a connection comes from. FTP's active mode needs it: the server's data
// connections come from port 20 (RFC 959 §3.2).
type SourceDialer interface {
	DialFrom(ctx context.Context, network, source, address string) (net.Conn, error)
}

// CardBinder is a Network whose packet sockets can be tied to one network
// card. Such a socket may send to the broadcast address, and works before the
// card has an address of its own: what DHCP needs (RFC 2131 §4.1).
type CardBinder interface {
	ListenPacketOn(ctx context.Context, card, network, address string) (net.PacketConn, error)
}

// Resolver is a Network that can look up host names, as the host's own stub
// resolver would. The addresses come in the order in which to try them.
type Resolver interface {
	LookupHost(ctx context.Context, name string) ([]string, error)
}
