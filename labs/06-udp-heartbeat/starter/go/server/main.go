// The server of a UDP heartbeat. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
)

func main() {
	server, err := net.ListenPacket("udp", ":12000")
	if err != nil {
		log.Fatal(err)
	}
	buffer := make([]byte, 1024)
	for {
		n, client, err := server.ReadFrom(buffer)
		if err != nil {
			log.Fatal(err)
		}
		var number int
		var sent float64
		if _, err := fmt.Sscanf(string(buffer[:n]), "Heartbeat %d %f", &number, &sent); err != nil {
			log.Print(client, err)
		}
		// 1. Print the number, and how long the message took: now, less the time at which it was sent.
		// 2. If numbers are missing since the last one, print how many.
		// 3. If nothing comes for some seconds, print that the client has stopped: SetReadDeadline.
	}
}
