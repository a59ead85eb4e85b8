// Traceroute with UDP datagrams, to ports where nobody listens.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	unreachable  = 3
	timeExceeded = 11
	mostHops     = 30
	tries        = 2
	timeout      = time.Second
	firstPort    = 33434
)

// tracer has a socket for the probes, and one for what comes back.
type tracer struct {
	to     net.IP
	probes *net.UDPConn
	errors net.PacketConn
	port   int
}

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
	t := tracer{to: address.IP, port: firstPort}
	if t.errors, err = net.ListenPacket("ip4:icmp", "0.0.0.0"); err != nil {
		log.Fatal(err)
	}
	if t.probes, err = net.ListenUDP("udp4", nil); err != nil {
		log.Fatal(err)
	}
	for ttl := 1; ttl <= mostHops; ttl++ {
		if t.hop(ttl) {
			return
		}
	}
}

// hop prints who answers probes with that TTL, and reports whether it was the
// last.
func (t *tracer) hop(ttl int) (last bool) {
	for range tries {
		began := time.Now()
		if err := t.send(ttl); err != nil {
			log.Fatal(err)
		}
		router, kind, ok := t.receive()
		if !ok {
			continue
		}
		fmt.Printf("%2d  %s  %.1f ms\n", ttl, router, time.Since(began).Seconds()*1000)
		return kind == unreachable
	}
	fmt.Printf("%2d  *\n", ttl)
	return false
}

// send sends a probe, to a port of its own.
func (t *tracer) send(ttl int) error {
	raw, err := t.probes.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TTL, ttl)
	}); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	t.port++
	// What came back for the last probe is an error of this socket, too: once.
	for range 2 {
		if _, err = t.probes.WriteToUDP([]byte("probe"), &net.UDPAddr{IP: t.to, Port: t.port}); err == nil {
			return nil
		}
	}
	return err
}

// receive waits for an error that quotes the last probe.
func (t *tracer) receive() (router net.Addr, kind byte, ok bool) {
	_ = t.errors.SetReadDeadline(time.Now().Add(timeout))
	buffer := make([]byte, 1500)
	for {
		n, from, err := t.errors.ReadFrom(buffer)
		if err != nil {
			return nil, 0, false
		}
		m := buffer[:n]
		if n > 8+20 && (m[0] == timeExceeded || m[0] == unreachable) && t.isOurs(m[8:]) {
			return from, m[0], true
		}
	}
}

// isOurs reports whether a quoted packet is the last probe.
func (t *tracer) isOurs(ip []byte) bool {
	header := int(ip[0]&15) * 4
	if ip[9] != syscall.IPPROTO_UDP || len(ip) < header+4 {
		return false
	}
	own := t.probes.LocalAddr().(*net.UDPAddr).Port
	return int(binary.BigEndian.Uint16(ip[header:])) == own && int(binary.BigEndian.Uint16(ip[header+2:])) == t.port
}
