// The upper-case server, by TCP. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
)

func main() {
	welcome, err := net.Listen("tcp", ":12000")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("The server is ready to receive")

	connection, err := welcome.Accept()
	if err != nil {
		log.Fatal(err)
	}
	serve(connection)
	// 3. Serve the next client, and the one after that, for ever.
}

// serve answers one client.
func serve(connection net.Conn) {
	defer connection.Close()
	// 1. Read the line that the client sends, up to its "\n": bufio.NewReader.
	// 2. Send it back in capitals.
}
