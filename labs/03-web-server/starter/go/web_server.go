// A web server. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
)

func main() {
	// 1. Listen on port 6789.
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("The server is ready at", listener.Addr())
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		serve(connection)
	}
}

// serve answers one request.
func serve(connection net.Conn) {
	defer connection.Close()
	// 2. Read the request up to its empty line.
	// 3. Find the file that the first line names.
	// 4. Send the status line, header lines, an empty line, and the file.
	// 5. If there is no such file: 404 Not Found.
}
