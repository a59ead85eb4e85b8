// The receiver of the alternating-bit protocol: receiver [PORT FILE].
package main

import (
	"encoding/binary"
	"log"
	"net"
	"os"
	"time"
)

const (
	linger  = 2 * time.Second // the last ACK may be lost
	modulus = 2
)

func main() {
	log.SetFlags(0)
	port, name := "14000", "output.bin"
	if len(os.Args) == 3 {
		port, name = os.Args[1], os.Args[2]
	}
	file, err := os.Create(name)
	if err != nil {
		log.Fatal(err)
	}
	link, err := net.ListenPacket("udp4", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	defer link.Close()
	if err := receive(link, file); err != nil {
		log.Fatal(err)
	}
}

// receive writes the file, and goes on answering for a while.
func receive(link net.PacketConn, file *os.File) error {
	buffer := make([]byte, 2048)
	expected, ended := 0, false
	for {
		n, sender, err := link.ReadFrom(buffer)
		if err != nil {
			return nil // all quiet
		}
		if p := buffer[:n]; !ended && intact(p, typeData) && int(p[1]) == expected {
			if _, err := file.Write(p[header:]); err != nil {
				return err
			}
			if ended = n == header; ended {
				if err := file.Close(); err != nil {
					return err
				}
				_ = link.SetReadDeadline(time.Now().Add(linger))
			}
			expected = (expected + 1) % modulus
		}
		last := (expected + modulus - 1) % modulus
		if _, err := link.WriteTo(pack(typeAck, byte(last), nil), sender); err != nil {
			return err
		}
	}
}

const (
	typeData = 1
	typeAck  = 2
	header   = 4 // type, number, checksum
)

// pack makes a packet.
func pack(kind, number byte, data []byte) []byte {
	p := append([]byte{kind, number, 0, 0}, data...)
	binary.BigEndian.PutUint16(p[2:], checksum(p))
	return p
}

// intact reports whether a packet is of the type, and as it was sent.
func intact(p []byte, kind byte) bool {
	return len(p) >= header && p[0] == kind && checksum(p) == 0
}

// checksum is RFC 1071's.
func checksum(data []byte) uint16 {
	var sum uint32
	for i, b := range data {
		if i%2 == 0 {
			sum += uint32(b) << 8
		} else {
			sum += uint32(b)
		}
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
