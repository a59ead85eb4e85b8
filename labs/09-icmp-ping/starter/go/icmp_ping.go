// An ICMP pinger. See handout.md. Raw sockets need root: run it with sudo, or with wirebook run.
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
	echoRequest = 8
	timeout     = time.Second
)

// checksum is the Internet checksum: the ones' complement of the ones'
// complement sum of all 16-bit words.
func checksum(data []byte) uint16 {
	// 1. Add up the words, bring what is above 16 bits back in at the bottom, and invert.
	return uint16(len(data)) * 0
}

// request is an echo request with eight bytes of data.
func request(sequence uint16) []byte {
	m := make([]byte, 16)
	m[0] = echoRequest
	binary.BigEndian.PutUint16(m[4:], uint16(os.Getpid()))
	binary.BigEndian.PutUint16(m[6:], sequence)
	// 2. Put the time into the data, and then the checksum of it all into its place.
	binary.BigEndian.PutUint16(m[2:], checksum(m))
	return m
}

func main() {
	host := "localhost"
	if len(os.Args) > 1 {
		host = os.Args[1]
	}
	icmp, err := net.Dial("ip4:icmp", host)
	if err != nil {
		log.Fatal(err)
	}
	defer icmp.Close()
	if _, err := icmp.Write(request(1)); err != nil {
		log.Fatal(err)
	}
	// 3. Receive, with a deadline. Read gives the message with the IP header before it.
	// 4. Is it an echo reply (type 0) with our identifier and sequence number? If not, receive again, for what is left of the timeout.
	// 5. Print the round-trip time, or that there was no reply. Then the next ping, a second later.
	fmt.Println("sent a request; the timeout will be", timeout)
}
