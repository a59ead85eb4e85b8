// The upper-case client, by UDP. See handout.md.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
)

func main() {
	server, err := net.Dial("udp", "localhost:12000")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	fmt.Print("Input lowercase sentence: ")
	sentence, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	// 1. Send the sentence to the server, instead of printing how long it is.
	fmt.Println(len(sentence), "bytes")
	// 2. Receive the reply, and print it.
	// 3. Do not wait for ever: the sentence, or the reply, may be lost.
}
