// An ICMP pinger: four echo requests, a second apart.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"math"
	"net"
	"os"
	"time"
)

const (
	echoReply   = 0
	unreachable = 3
	echoRequest = 8
	timeout     = time.Second
)

var identifier = uint16(os.Getpid())

func main() {
	log.SetFlags(0)
	host := "localhost"
	if len(os.Args) > 1 {
		host = os.Args[1]
	}
	address, err := net.ResolveIPAddr("ip4", host)
	if err != nil {
		log.Fatal(err)
	}
	icmp, err := net.ListenPacket("ip4:icmp", "0.0.0.0") // not Dial: routers answer, too
	if err != nil {
		log.Fatal(err)
	}
	defer icmp.Close()
	for sequence := uint16(1); sequence <= 4; sequence++ {
		next := time.Now().Add(time.Second)
		fmt.Printf("seq=%d %s\n", sequence, ping(icmp, address, sequence))
		time.Sleep(time.Until(next))
	}
}

// ping sends one request, and says what came of it.
func ping(icmp net.PacketConn, to net.Addr, sequence uint16) string {
	if _, err := icmp.WriteTo(request(sequence), to); err != nil {
		return err.Error()
	}
	_ = icmp.SetReadDeadline(time.Now().Add(timeout))
	buffer := make([]byte, 1500)
	for {
		n, from, err := icmp.ReadFrom(buffer) // the IP header is cut off
		if err != nil {
			return "request timed out"
		}
		if text, ours := understand(buffer[:n], sequence); ours {
			return fmt.Sprintf("from %s: %s", from, text)
		}
	}
}

func request(sequence uint16) []byte {
	m := make([]byte, 16)
	m[0] = echoRequest
	binary.BigEndian.PutUint16(m[4:], identifier)
	binary.BigEndian.PutUint16(m[6:], sequence)
	binary.BigEndian.PutUint64(m[8:], math.Float64bits(now()))
	binary.BigEndian.PutUint16(m[2:], checksum(m))
	return m
}

func now() float64 { return float64(time.Now().UnixNano()) / 1e9 }

// understand reads an ICMP message: what it says of our request, and whether it
// does.
func understand(m []byte, sequence uint16) (text string, ours bool) {
	switch {
	case len(m) >= 16 && m[0] == echoReply && isOurs(m, sequence):
		took := now() - math.Float64frombits(binary.BigEndian.Uint64(m[8:]))
		return fmt.Sprintf("time=%.1f ms", took*1000), true
	case len(m) >= 8+20 && m[0] == unreachable:
		if quoted := m[8+int(m[8]&15)*4:]; len(quoted) >= 8 && isOurs(quoted, sequence) {
			return fmt.Sprintf("destination unreachable, code %d", m[1]), true
		}
	}
	return "", false
}

func isOurs(m []byte, sequence uint16) bool {
	return binary.BigEndian.Uint16(m[4:]) == identifier && binary.BigEndian.Uint16(m[6:]) == sequence
}

// checksum is RFC 1071's, of an even number of bytes.
func checksum(data []byte) uint16 {
	var sum uint32
	for i := 0; i < len(data); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(data[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
