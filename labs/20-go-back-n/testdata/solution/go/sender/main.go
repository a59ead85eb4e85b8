// The sender of go-back-N: sender [HOST PORT FILE].
package main

import (
	"encoding/binary"
	"log"
	"net"
	"os"
	"time"
)

const (
	timer   = 500 * time.Millisecond
	tries   = 10
	most    = 512
	window  = 8
	modulus = 256
)

func main() {
	log.SetFlags(0)
	address, name := "localhost:15000", "input.bin"
	if len(os.Args) == 4 {
		address, name = net.JoinHostPort(os.Args[1], os.Args[2]), os.Args[3]
	}
	content, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	link, err := net.Dial("udp4", address)
	if err != nil {
		log.Fatal(err)
	}
	defer link.Close()
	transfer(link, split(content))
}

// split makes the file's packets, with the empty one at the end.
func split(content []byte) (packets [][]byte) {
	for {
		n := min(len(content), most)
		packets = append(packets, pack(typeData, byte(len(packets)%modulus), content[:n]))
		if n == 0 {
			return packets
		}
		content = content[n:]
	}
}

// transfer sends all packets, and returns when all are acknowledged.
func transfer(link net.Conn, packets [][]byte) {
	base, next, failures := 0, 0, 0
	var deadline time.Time
	buffer := make([]byte, 2048)
	for base < len(packets) {
		for next < min(base+window, len(packets)) {
			if next == base {
				deadline = time.Now().Add(timer)
			}
			_, _ = link.Write(packets[next]) // an error is as good as a loss
			next++
		}
		_ = link.SetReadDeadline(deadline)
		n, err := link.Read(buffer)
		if err != nil && time.Now().Before(deadline) {
			continue // somebody says that nobody is there; perhaps not yet
		}
		if err != nil {
			if failures++; failures == tries {
				log.Fatal("The receiver does not answer")
			}
			next = base // go back
			continue
		}
		if !intact(buffer[:n], typeAck) {
			continue
		}
		more := ((int(buffer[1])-base)%modulus+modulus)%modulus + 1
		if more <= next-base {
			base, failures = base+more, 0
			deadline = time.Now().Add(timer)
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
