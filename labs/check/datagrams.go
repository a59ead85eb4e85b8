package check

import (
	"net"
	"net/netip"
	"time"
)

// Datagram is one UDP datagram that the program sent.
type Datagram struct {
	Data     []byte
	From, To netip.AddrPort // To is the tester's end, whose address the program chose
	Time     time.Time
	socket   net.PacketConn
}

// Datagrams are those that the program sends to whatever address and port, or
// those that answer what the tester sent from a socket.
type Datagrams struct {
	t        *T
	incoming chan *Datagram
	socket   net.PacketConn // of the tester; nil: those that the program's datagrams opened
}

// Receive waits for the next datagram of the program.
func (d *Datagrams) Receive() (*Datagram, End) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case g := <-d.incoming:
			return g, Done
		case <-tick.C:
			if end := d.t.waiting(); end != Done {
				if g := d.Within(underway); g != nil {
					return g, Done
				}
				return nil, end
			}
		}
	}
}

// underway is for how long the last datagrams of a program that has ended may be on
// their way.
const underway = 300 * time.Millisecond

// Empty reports whether nothing has come that was not received.
func (d *Datagrams) Empty() bool { return len(d.incoming) == 0 }

// Within waits for the next datagram, but not longer than d; nil if none came.
func (d *Datagrams) Within(limit time.Duration) *Datagram {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case g := <-d.incoming:
		return g
	case <-timer.C:
		return nil
	}
}

// At is the address of the tester's own socket.
func (d *Datagrams) At() netip.AddrPort { return addrPort(d.socket.LocalAddr()) }

// Reply sends data to where the datagram came from, from where it went to.
func (d *Datagrams) Reply(to *Datagram, data []byte) {
	_, _ = to.socket.WriteTo(data, udpAddr(to.From))
}

// Send sends a datagram from the tester's own socket to the program.
func (d *Datagrams) Send(to netip.AddrPort, data []byte) { _, _ = d.socket.WriteTo(data, udpAddr(to)) }

func udpAddr(a netip.AddrPort) *net.UDPAddr { return net.UDPAddrFromAddrPort(a) }

// pump reads a socket until it is closed.
func (d *Datagrams) pump(socket net.PacketConn, to netip.AddrPort) {
	buffer := make([]byte, 64<<10)
	for {
		n, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		g := &Datagram{
			Data: append([]byte(nil), buffer[:n]...), From: addrPort(from), To: to, Time: time.Now(), socket: socket,
		}
		select {
		case d.incoming <- g:
		default: // a program that floods loses the rest
		}
	}
}

// OpenUDP opens a UDP socket of the tester, from which to ask the program.
func (t *T) OpenUDP() *Datagrams { return t.OpenUDPAt(t.ground.tester()) }

// OpenUDPAt opens one at an address of the tester's: where a datagram of the
// program went to, for a server that answers from another port than it was asked at.
func (t *T) OpenUDPAt(at netip.Addr) *Datagrams {
	socket, err := t.ground.network().ListenPacket(t.ctx, "udp", netip.AddrPortFrom(at, 0).String())
	if err != nil {
		t.fault(err)
	}
	d := &Datagrams{t: t, incoming: make(chan *Datagram, 4096), socket: socket}
	t.keep(func() { socket.Close() })
	t.group.Go(func() { d.pump(socket, addrPort(socket.LocalAddr())) })
	return d
}
