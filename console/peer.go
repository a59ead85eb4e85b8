package console

import (
	"context"
	"net"
	"net/netip"
)

// On loopback there is no password: who reaches the page is taken for the one who has
// started it. All users of a computer reach its loopback; so, where the system says
// whose a connection is (peer_linux.go), those of others are refused.

// peerKey is where a connection's context has whether it is the user's own.
type peerKey struct{}

// ConnContext is that of an [http.Server] whose Access is for the OwnUser only: it
// looks, once for each connection, whose it is.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, own(c))
}

func own(c net.Conn) bool {
	near, ok := c.LocalAddr().(*net.TCPAddr)
	far, other := c.RemoteAddr().(*net.TCPAddr)
	return ok && other && ownPeer(unmapped(near), unmapped(far))
}

func unmapped(a *net.TCPAddr) netip.AddrPort {
	at := a.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// isOwn reports whether a request came on a connection of the user's own.
func isOwn(ctx context.Context) bool {
	is, _ := ctx.Value(peerKey{}).(bool)
	return is
}
