// The upper-case client, by TCP. See handout.md.
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
	// 1. Send the sentence, with its "\n", instead of printing how long it is.
	fmt.Println(len(sentence), "bytes")
	// 2. Read the reply, up to its "\n".
	// 3. Print it.
}
