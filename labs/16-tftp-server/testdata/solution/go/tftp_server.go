// A TFTP server: the files of the current folder, a goroutine and a port for each
// transfer.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/netip"
	"os"
	"strings"
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

// refusal is what a client is told.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

func main() {
	folder, err := os.OpenRoot(".")
	if err != nil {
		log.Fatal(err)
	}
	server, err := net.ListenUDP("udp4", &net.UDPAddr{Port: 69})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("The server is ready")
	buffer := make([]byte, 65536)
	for {
		n, client, err := server.ReadFromUDPAddrPort(buffer)
		if err != nil {
			log.Fatal(err)
		}
		go serve(folder, bytes.Clone(buffer[:n]), client)
	}
}

// transfer is one with a client, on a port of its own.
type transfer struct {
	socket *net.UDPConn
	client netip.AddrPort
	last   []byte
}

func serve(folder *os.Root, request []byte, client netip.AddrPort) {
	socket, err := net.ListenUDP("udp4", nil)
	if err != nil {
		log.Print(err)
		return
	}
	defer socket.Close()
	t := &transfer{socket: socket, client: client}
	err = t.do(folder, request)
	var r refusal
	switch {
	case errors.As(err, &r):
		err = t.send(opError, r.code, append([]byte(r.text), 0))
	case errors.Is(err, fs.ErrNotExist):
		err = t.send(opError, 1, []byte("File not found\x00"))
	case errors.Is(err, fs.ErrExist):
		err = t.send(opError, 6, []byte("File already exists\x00"))
	}
	if err != nil {
		log.Print(client, ": ", err)
	}
}

func (t *transfer) do(folder *os.Root, request []byte) error {
	words := strings.Split(string(request), "\x00") // "", opcode and name, mode, ""
	if len(words) < 4 || words[0] != "" || len(words[1]) < 2 || !strings.EqualFold(words[2], "octet") {
		return refusal{4, "Illegal TFTP operation"}
	}
	name := words[1][1:]
	switch words[1][0] {
	case opRRQ:
		file, err := folder.Open(name)
		if err != nil {
			return inside(err)
		}
		defer file.Close()
		return t.read(file)
	case opWRQ:
		file, err := folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return inside(err)
		}
		return errors.Join(t.write(file), file.Close())
	}
	return refusal{4, "Illegal TFTP operation"}
}

// inside tells a path that leads out of the folder from a file that is not there.
func inside(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return err
	}
	return refusal{2, "Access violation"}
}

func (t *transfer) read(file io.Reader) error {
	data := make([]byte, blockSize)
	for block := 1; ; block++ {
		n, err := io.ReadFull(file, data)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if err := t.send(opData, block, data[:n]); err != nil {
			return err
		}
		if _, err := t.receive(opAck, block); err != nil || n < blockSize {
			return err
		}
	}
}

func (t *transfer) write(file io.Writer) error {
	if err := t.send(opAck, 0, nil); err != nil {
		return err
	}
	for block := 1; ; block++ {
		data, err := t.receive(opData, block)
		if err != nil {
			return err
		}
		if _, err := file.Write(data); err != nil {
			return err
		}
		if err := t.send(opAck, block, nil); err != nil || len(data) < blockSize {
			return err
		}
	}
}

func message(op, number int, data []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(op))
	return append(binary.BigEndian.AppendUint16(b, uint16(number)), data...)
}

func (t *transfer) send(op, number int, data []byte) error {
	t.last = message(op, number, data)
	_, err := t.socket.WriteToUDPAddrPort(t.last, t.client)
	return err
}

// receive waits for a message; what was sent last is sent again meanwhile.
func (t *transfer) receive(op, number int) ([]byte, error) {
	for range tries {
		data, err := t.listen(op, uint16(number))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return data, err
		}
		if _, err := t.socket.WriteToUDPAddrPort(t.last, t.client); err != nil {
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
		case from != t.client:
			_, _ = t.socket.WriteToUDPAddrPort(message(opError, 5, []byte("Unknown transfer ID\x00")), from)
			continue
		case n < 4:
			continue
		}
		switch code, got := int(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint16(b[2:]); {
		case code == op && got == number:
			return b[4:n], nil
		case code == opError:
			return nil, fmt.Errorf("the client broke off: %s", bytes.TrimRight(b[4:n], "\x00"))
		case code == opData: // an old block: its acknowledgement was lost
			_, _ = t.socket.WriteToUDPAddrPort(message(opAck, int(got), nil), from)
		}
	}
}
