// The upper-case server: one line from each client, and back in capitals.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"strings"
)

func main() {
	welcome, err := net.Listen("tcp", ":12000")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("The server is ready to receive")
	for {
		connection, err := welcome.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection)
	}
}

// serve answers one client. One that leaves without a word gets none.
func serve(connection net.Conn) {
	defer connection.Close()
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return
	}
	fmt.Fprint(connection, strings.ToUpper(line))
}
