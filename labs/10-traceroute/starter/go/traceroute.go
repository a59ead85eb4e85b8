// Traceroute. See handout.md. Raw sockets need root: run it with sudo, or with wirebook run.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	timeExceeded = 11
	mostHops     = 30
	timeout      = 2 * time.Second
	firstPort    = 33434 // nobody listens there
)

func main() {
	host := "localhost"
	if len(os.Args) > 1 {
		host = os.Args[1]
	}
	address, err := net.ResolveIPAddr("ip4", host)
	if err != nil {
		log.Fatal(err)
	}
	// The errors come by a raw socket.
	errors, err := net.ListenPacket("ip4:icmp", "0.0.0.0")
	if err != nil {
		log.Fatal(err)
	}
	defer errors.Close()
	probes, err := net.ListenUDP("udp4", nil)
	if err != nil {
		log.Fatal(err)
	}
	// 1. For each TTL from 1 on: set the socket's TTL, and send a datagram to a port where nobody listens.
	if _, err := probes.WriteToUDP([]byte("probe"), &net.UDPAddr{IP: address.IP, Port: firstPort}); err != nil {
		log.Fatal(err)
	}
	// 2. Receive, with a deadline. Who has answered? Does the error quote your datagram?
	// 3. Type 11: print the router and the time, go on. Nothing came: print *, try once more, go on. Type 3, code 3: you are there.
	fmt.Println("to do: up to", mostHops, "hops, each within", timeout, "until the type is no longer", timeExceeded)
}

// setTTL sets the TTL of all that the socket sends from now on.
func setTTL(socket *net.UDPConn, ttl int) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TTL, ttl) }); err != nil {
		return err
	}
	return failed
}

var _ = setTTL // take this line away once you use it
