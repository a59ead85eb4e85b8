package tftp

import (
	"net"
	"runtime"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// batch sends the datagrams of a window with one system call (sendmmsg): entering
// the kernel is what costs most in sending a small datagram.
type batch struct {
	conn interface {
		WriteBatch([]ipv4.Message, int) (int, error)
	}
	messages []ipv4.Message
}

// newBatch returns nil when s is not a socket of Linux, or has no windows to
// send.
func newBatch(s Socket, to net.UDPAddr, window int) *batch {
	conn, ok := s.(*net.UDPConn)
	if !ok || runtime.GOOS != "linux" || window == 1 {
		return nil
	}
	b := &batch{messages: make([]ipv4.Message, window)}
	if to.IP.To4() != nil {
		b.conn = ipv4.NewPacketConn(conn)
	} else {
		b.conn = ipv6.NewPacketConn(conn)
	}
	for i := range b.messages {
		b.messages[i] = ipv4.Message{Buffers: make([][]byte, 1), Addr: &to}
	}
	return b
}

func (b *batch) send(packets [][]byte) error {
	for i, packet := range packets {
		b.messages[i].Buffers[0] = packet
	}
	for rest := b.messages[:len(packets)]; len(rest) > 0; {
		n, err := b.conn.WriteBatch(rest, 0)
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}
