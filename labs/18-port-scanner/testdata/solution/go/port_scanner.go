// A port scanner: port_scanner HOST FIRST LAST.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

const (
	timeout = time.Second // a port that says nothing is behind a firewall
	atOnce  = 50
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: port_scanner HOST FIRST LAST")
	}
	first, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	last, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	addresses, err := net.LookupHost(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for i, open := range scan(addresses[0], first, last) {
		if open {
			fmt.Println(first+i, "open")
		}
	}
}

// scan tries all ports from first to last, some at a time.
func scan(address string, first, last int) []bool {
	open := make([]bool, last-first+1)
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range open {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			open[i] = isOpen(address, first+i)
		})
	}
	all.Wait()
	return open
}

// isOpen reports whether somebody accepts connections at the port.
func isOpen(address string, port int) bool {
	connection, err := net.DialTimeout("tcp", net.JoinHostPort(address, strconv.Itoa(port)), timeout)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}
