// The client of a UDP heartbeat. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
	"time"
)

func main() {
	server, err := net.Dial("udp", "localhost:12000")
	if err != nil {
		log.Fatal(err)
	}
	number := 1
	fmt.Fprintf(server, "Heartbeat %d %.6f", number, float64(time.Now().UnixMicro())/1e6)
	// Go on: one second later the next one, with the next number, until Ctrl-C.
}
