// The client of a UDP heartbeat: a number and the time, once a second.
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
	for number := 1; ; number++ {
		if _, err := fmt.Fprintf(server, "Heartbeat %d %.6f", number, float64(time.Now().UnixMicro())/1e6); err != nil {
			log.Print(err) // nobody is there just now
		}
		time.Sleep(time.Second)
	}
}
