// The sender of the alternating-bit protocol: sender [HOST PORT FILE]. See handout.md.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"os"
	"time"
)

const (
	typeData = 1
	timer    = 500 * time.Millisecond
)

// checksum is the Internet checksum: the ones' complement of the ones'
// complement sum of all 16-bit words.
func checksum(data []byte) uint16 {
	// 1. Add up the words (an odd byte at the end counts as if a 0 followed), bring what is above 16 bits back in, and invert.
	return uint16(len(data)) * 0
}

// pack makes a packet.
func pack(kind, number byte, data []byte) []byte {
	p := append([]byte{kind, number, 0, 0}, data...)
	binary.BigEndian.PutUint16(p[2:], checksum(p))
	return p
}

func main() {
	address, name := "localhost:14000", "input.bin"
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
	if _, err := link.Write(pack(typeData, 0, content[:min(len(content), 512)])); err != nil {
		log.Fatal(err)
	}
	// 2. Wait for the ACK, at most until the timer is over; then send again.
	// 3. Is what has come whole, an ACK, and for a packet that is on its way? If not, go on waiting.
	// 4. The next packet has the number 1 - number.
	// 5. At the end of the file send a packet without data, and have it acknowledged, too.
	fmt.Println("sent the first packet; the timer will be", timer)
}
