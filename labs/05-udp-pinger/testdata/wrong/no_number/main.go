// The message has no number, so that nobody can tell which ping a reply is for; a lost one is not mentioned.
// fails: message wrong no-number
// fails: lost wrong silent-loss
// fails: stats wrong no-statistics
// fails: late wrong late-reply
package main

import (
	"fmt"
	"net"
	"time"
)

func main() {
	server, _ := net.Dial("udp", "127.0.0.1:12000")
	buffer := make([]byte, 1024)
	for range 10 {
		begin := time.Now()
		fmt.Fprintf(server, "Ping %d", begin.UnixNano())
		server.SetReadDeadline(begin.Add(time.Second))
		if n, err := server.Read(buffer); err == nil {
			fmt.Println(string(buffer[:n]), time.Since(begin))
		}
	}
}
