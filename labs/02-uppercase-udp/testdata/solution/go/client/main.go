// The upper-case client: sends a line to the server, three times at most, and prints what comes back.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"
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
	buffer := make([]byte, 65535)
	for range 3 {
		fmt.Fprint(server, strings.TrimSuffix(sentence, "\n"))
		if err := server.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			log.Fatal(err)
		}
		if n, err := server.Read(buffer); err == nil {
			fmt.Println("From server:", string(buffer[:n]))
			return
		}
		fmt.Println("No reply.")
	}
}
