// The upper-case client: types a line to the server, and prints what comes back.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
)

func main() {
	connection, err := net.Dial("tcp", "localhost:12000")
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()

	fmt.Print("Input lowercase sentence: ")
	sentence, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprint(connection, sentence)
	reply, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print("From server: ", reply)
}
