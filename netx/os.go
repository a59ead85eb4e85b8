package netx

import (
	"context"
	"fmt"
	"net"
)

// OS is the operating system's own network. The zero value is ready to use.
type OS struct{}

var (
	_ Network      = OS{}
	_ SourceDialer = OS{}
	_ Resolver     = OS{}
)

// Listen opens a stream listener. Keep-alive probes are off: the servers have
// deadlines of their own, and setting four socket options on every short
// connection costs more than the connection's first answer.
func (OS) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	return lc.Listen(ctx, network, address)
}

// ListenPacket opens a packet socket.
func (OS) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	var lc net.ListenConfig
	return lc.ListenPacket(ctx, network, address)
}

// DialContext connects to address; host names are looked up by the system.
func (OS) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// LookupHost asks the system's resolver.
func (OS) LookupHost(ctx context.Context, name string) ([]string, error) {
	return net.DefaultResolver.LookupHost(ctx, name)
}

// DialFrom connects to address from the address and port of source.
func (OS) DialFrom(ctx context.Context, network, source, address string) (net.Conn, error) {
	local, err := sourceAddr(network, source)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{LocalAddr: local, Control: reuseAddr}
	return d.DialContext(ctx, network, address)
}

func sourceAddr(network, source string) (net.Addr, error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return net.ResolveTCPAddr(network, source)
	case "udp", "udp4", "udp6":
		return net.ResolveUDPAddr(network, source)
	}
	return nil, fmt.Errorf("netx: dial from %s: %w", source, net.UnknownNetworkError(network))
}
