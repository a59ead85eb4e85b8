// The upper-case server, by UDP. See handout.md.
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
	fmt.Println("The server is ready to receive")

	buffer := make([]byte, 2048)
	n, client, err := server.ReadFrom(buffer)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "bytes from", client)
	// 1. Send the message, buffer[:n], back in capitals, to the client that it came from.
	// 2. Receive the next message, and the one after that, for ever.
}
