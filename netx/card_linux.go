package netx

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

var _ CardBinder = OS{}

// ListenPacketOn opens a packet socket that is tied to a card, such as "eth0"
// (SO_BINDTODEVICE; before Linux 5.7 only root may do so).
func (OS) ListenPacketOn(ctx context.Context, card, network, address string) (net.PacketConn, error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
			if failed == nil {
				failed = unix.BindToDevice(int(fd), card)
			}
		})
		if err != nil {
			return err
		}
		return failed
	}}
	return lc.ListenPacket(ctx, network, address)
}
