package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

func serveConn(conn net.Conn, network string, err error) (http.HandlerFunc, error) {
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if isDatagram(network) {
			servePackets(w, r, connected{conn}, conn.RemoteAddr())
		} else {
			serveStream(w, r, conn)
		}
	}, nil
}

// serveStream carries a TCP connection of the host to the other process until
// that closes its end of it.
func serveStream(w http.ResponseWriter, r *http.Request, conn net.Conn) {
	defer conn.Close()
	f, release, err := upgrade(w, r, socketReply{Local: text(conn.LocalAddr()), Remote: text(conn.RemoteAddr())})
	if err != nil {
		return
	}
	defer release()
	stop := context.AfterFunc(r.Context(), func() { conn.Close() })
	defer stop()
	var wait sync.WaitGroup
	defer wait.Wait()
	defer conn.Close()
	wait.Go(func() { streamFromHost(f, conn) })
	if err := streamToHost(f, conn); err != nil {
		_ = f.sendJSON(failed, pack(err))
	}
}

func streamFromHost(f *frames, conn net.Conn) {
	buffer := make([]byte, maxChunk)
	for {
		n, err := conn.Read(buffer)
		if n > 0 {
			if _, err := f.send(data, buffer[:n]); err != nil {
				return
			}
		}
		if err == io.EOF {
			_, _ = f.send(end)
			return
		}
		if err != nil {
			_ = f.sendJSON(failed, pack(err))
			return
		}
	}
}

// streamToHost returns nil when the other process has closed the connection,
// and an error when the host's side of it is broken.
func streamToHost(f *frames, conn net.Conn) error {
	buffer := make([]byte, maxChunk)
	for {
		kind, length, err := f.header()
		if err != nil {
			return nil
		}
		_, _ = f.r.Discard(headerSize)
		switch kind {
		case data:
			for length > 0 {
				n, err := f.r.Read(buffer[:min(len(buffer), length)])
				if err != nil {
					return nil
				}
				length -= n
				if _, err := conn.Write(buffer[:n]); err != nil {
					return err
				}
			}
		case end:
			if half, ok := conn.(interface{ CloseWrite() error }); ok {
				if err := half.CloseWrite(); err != nil {
					return err
				}
			}
		default:
			return fmt.Errorf("control: a frame of kind %q", kind)
		}
	}
}

// connected makes a packet socket of one that is tied to one peer.
type connected struct{ net.Conn }

func (c connected) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := c.Read(p)
	return n, c.RemoteAddr(), err
}

func (c connected) WriteTo(p []byte, _ net.Addr) (int, error) { return c.Write(p) }

// servePackets carries a UDP socket of the host to the other process until
// that closes its end of it.
func servePackets(w http.ResponseWriter, r *http.Request, conn net.PacketConn, remote net.Addr) {
	defer conn.Close()
	f, release, err := upgrade(w, r, socketReply{Local: text(conn.LocalAddr()), Remote: text(remote)})
	if err != nil {
		return
	}
	defer release()
	f.r = bufio.NewReaderSize(f.r, datagramBuffer)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer conn.Close()
	wait.Go(func() { packetsFromHost(f, conn) })
	packetsToHost(f, conn)
}

// maxFailures is after how many errors in a row a packet socket is given up.
// One, such as an ICMP port unreachable, says nothing of the next datagram.
const maxFailures = 16

func packetsFromHost(f *frames, conn net.PacketConn) {
	buffer := make([]byte, 1<<16)
	for failures := 0; failures < maxFailures; {
		n, from, err := conn.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			failures++
			err = f.sendJSON(failed, pack(err))
		} else {
			failures = 0
			_, err = f.send(data, addressed(from), buffer[:n])
		}
		if err != nil {
			return
		}
	}
	f.Close()
}

func packetsToHost(f *frames, conn net.PacketConn) {
	for {
		kind, frame, err := f.whole()
		if err != nil || kind != data {
			return
		}
		if err := packetToHost(frame, conn); err != nil {
			if f.sendJSON(failed, pack(err)) != nil {
				return
			}
		}
		_, _ = f.r.Discard(headerSize + len(frame))
	}
}

func packetToHost(frame []byte, conn net.PacketConn) error {
	to, payload, err := addressOf(frame)
	if err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(to)
	if err != nil {
		return err
	}
	_, err = conn.WriteTo(payload, net.UDPAddrFromAddrPort(at))
	return err
}
