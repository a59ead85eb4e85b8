// A TFTP client: tftp_client HOST get|put FILE.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

const (
	opRRQ = 1 + iota
	opWRQ
	opData
	opAck
	opError
)

const (
	blockSize = 512
	timeout   = time.Second
	tries     = 5
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: tftp_client HOST get|put FILE")
		os.Exit(2)
	}
	t, err := dial(os.Args[1])
	switch {
	case err != nil:
	case os.Args[2] == "get":
		err = t.get(os.Args[3])
	case os.Args[2] == "put":
		err = t.put(os.Args[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// transfer is one with a server, whose port is known with its first answer.
type transfer struct {
	socket *net.UDPConn
	to     netip.AddrPort
	known  bool
	last   []byte
}

func dial(host string) (*transfer, error) {
	server, err := net.ResolveUDPAddr("udp4", net.JoinHostPort(host, "69"))
	if err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return nil, err
	}
	return &transfer{socket: socket, to: server.AddrPort()}, nil
}

func message(op, number int, data []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(op))
	return append(binary.BigEndian.AppendUint16(b, uint16(number)), data...)
}

func request(op int, name string) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(op))
	return append(b, filepath.Base(name)+"\x00octet\x00"...)
}

func (t *transfer) send(m []byte) error {
	t.last = m
	_, err := t.socket.WriteToUDPAddrPort(m, t.to)
	return err
}

// receive waits for a message; what was sent last is sent again meanwhile.
func (t *transfer) receive(op, number int) ([]byte, error) {
	for range tries {
		data, err := t.listen(op, uint16(number))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return data, err
		}
		if err := t.send(t.last); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("no answer")
}

func (t *transfer) listen(op int, number uint16) ([]byte, error) {
	if err := t.socket.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	b := make([]byte, 65536)
	for {
		n, from, err := t.socket.ReadFromUDPAddrPort(b)
		switch {
		case err != nil:
			return nil, err
		case from.Addr().Unmap() != t.to.Addr().Unmap() || t.known && from.Port() != t.to.Port():
			_, _ = t.socket.WriteToUDPAddrPort(message(opError, 5, []byte("Unknown transfer ID\x00")), from)
			continue
		case n < 4:
			continue
		}
		switch code, got := int(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint16(b[2:]); {
		case code == opError:
			return nil, fmt.Errorf("error %d: %s", got, bytes.TrimRight(b[4:n], "\x00"))
		case code == op && got == number:
			t.to, t.known = netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), true
			return b[4:n], nil
		case code == opData: // an old block: its acknowledgement was lost
			_, _ = t.socket.WriteToUDPAddrPort(message(opAck, int(got), nil), from)
		}
	}
}

func (t *transfer) get(name string) error {
	if err := t.send(request(opRRQ, name)); err != nil {
		return err
	}
	var content []byte
	for block := 1; ; block++ {
		data, err := t.receive(opData, block)
		if err != nil {
			return err
		}
		content = append(content, data...)
		if err := t.send(message(opAck, block, nil)); err != nil {
			return err
		}
		if len(data) < blockSize {
			return os.WriteFile(filepath.Base(name), content, 0o644)
		}
	}
}

func (t *transfer) put(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := t.send(request(opWRQ, name)); err != nil {
		return err
	}
	if _, err := t.receive(opAck, 0); err != nil {
		return err
	}
	data := make([]byte, blockSize)
	for block := 1; ; block++ {
		n, err := io.ReadFull(file, data)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if err := t.send(message(opData, block, data[:n])); err != nil {
			return err
		}
		if _, err := t.receive(opAck, block); err != nil {
			return err
		}
		if n < blockSize {
			return nil
		}
	}
}
