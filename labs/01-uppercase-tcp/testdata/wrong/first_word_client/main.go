// Scan reads one word, not a line.
// fails: * wrong uppercase.first-word
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
)

func main() {
	connection, _ := net.Dial("tcp", "127.0.0.1:12000")
	defer connection.Close()
	var sentence string
	fmt.Fprint(os.Stdout, "Enter a message for the server: ")
	fmt.Scan(&sentence)
	fmt.Fprintln(connection, sentence)
	reply, _ := bufio.NewReader(connection).ReadString('\n')
	fmt.Print(reply)
}
