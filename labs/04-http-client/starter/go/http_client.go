// A web client. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: http_client server_host server_port filename")
	}
	host, port, filename := os.Args[1], os.Args[2], os.Args[3]
	connection, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	// 1. Send the request: the request line, a line with the Host, and an empty line.
	fmt.Fprint(connection, filename)
	// 2. Receive the response, until the server closes the connection: io.Copy.
	// 3. Print it.
}
