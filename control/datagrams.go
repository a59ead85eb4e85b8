package control

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"syscall"
)

// datagramBuffer holds the largest frame that carries a datagram.
const datagramBuffer = 1 << 17

// maxDatagram is the most that UDP over IPv4 can carry.
const maxDatagram = 65507

// datagrams is a UDP socket whose real one is in the other process. It is a
// net.PacketConn, and when it was dialled, a net.Conn.
//
// What the other process could not send is reported by the next read, as
// with an ICMP error (RFC 1122 §4.1.3.3), not by the write.
type datagrams struct {
	*frames
	network       string
	local, remote net.Addr
	reading       sync.Mutex
}

func newDatagrams(f *frames, network string, reply socketReply) *datagrams {
	f.r = bufio.NewReaderSize(f.r, datagramBuffer)
	d := &datagrams{frames: f, network: network, local: address(network, reply.Local)}
	if reply.Remote != "" {
		d.remote = address(network, reply.Remote)
	}
	return d
}

// In a frame, a datagram comes after the other side's address: its length in
// one byte, and its text.

func (d *datagrams) WriteTo(p []byte, to net.Addr) (int, error) {
	if d.remote != nil {
		return 0, d.opError("write", to, net.ErrWriteToConnected)
	}
	if _, ok := to.(*net.UDPAddr); !ok {
		return 0, d.opError("write", to, syscall.EINVAL)
	}
	return d.write(p, to)
}

func (d *datagrams) Write(p []byte) (int, error) {
	if d.remote == nil {
		return 0, d.opError("write", nil, syscall.EDESTADDRREQ)
	}
	return d.write(p, d.remote)
}

func (d *datagrams) write(p []byte, to net.Addr) (int, error) {
	if len(p) > maxDatagram {
		return 0, d.opError("write", to, syscall.EMSGSIZE)
	}
	if _, err := d.send(data, addressed(to), p); err != nil {
		return 0, d.opError("write", to, closed(err))
	}
	return len(p), nil
}

func (d *datagrams) ReadFrom(p []byte) (int, net.Addr, error) {
	d.reading.Lock()
	defer d.reading.Unlock()
	kind, frame, err := d.whole()
	if err != nil {
		return 0, nil, d.opError("read", d.remote, closed(err))
	}
	defer d.r.Discard(headerSize + len(frame))
	switch kind {
	case data:
		from, payload, err := addressOf(frame)
		if err != nil {
			return 0, nil, d.opError("read", d.remote, err)
		}
		return copy(p, payload), address(d.network, from), nil
	case failed:
		return 0, nil, d.opError("read", d.remote, unpackJSON(frame))
	}
	return 0, nil, d.opError("read", d.remote, errors.New("control: the other side does not speak as expected"))
}

func (d *datagrams) Read(p []byte) (int, error) {
	n, _, err := d.ReadFrom(p)
	return n, err
}

func (d *datagrams) Close() error {
	if err := d.frames.Close(); err != nil {
		return d.opError("close", d.remote, net.ErrClosed)
	}
	return nil
}

func (d *datagrams) LocalAddr() net.Addr  { return d.local }
func (d *datagrams) RemoteAddr() net.Addr { return d.remote }

func (d *datagrams) opError(op string, to net.Addr, err error) error {
	return &net.OpError{Op: op, Net: d.network, Source: d.local, Addr: to, Err: err}
}

func addressed(a net.Addr) []byte {
	at := a.String()
	return append([]byte{byte(len(at))}, at...)
}

func addressOf(frame []byte) (at string, payload []byte, err error) {
	if len(frame) == 0 || len(frame) < 1+int(frame[0]) {
		return "", nil, errors.New("control: a datagram without an address")
	}
	n := 1 + int(frame[0])
	return string(frame[1:n]), frame[n:], nil
}
