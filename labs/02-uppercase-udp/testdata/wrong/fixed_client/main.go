// The sentence is in the source, and nobody is asked for one.
// fails: * wrong uppercase.not-typed
package main

import (
	"fmt"
	"net"
	"time"
)

func main() {
	server, _ := net.Dial("udp", "127.0.0.1:12000")
	fmt.Fprint(server, "hello world")
	server.SetReadDeadline(time.Now().Add(time.Second))
	buffer := make([]byte, 2048)
	n, _ := server.Read(buffer)
	fmt.Println(string(buffer[:n]))
}
