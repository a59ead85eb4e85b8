// A UDP pinger. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
	"time"
)

func main() {
	server, err := net.Dial("udp", "localhost:12000")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	// 2. Ten pings, numbered from 1 to 10.
	number := 1
	fmt.Fprintf(server, "Ping %d %d", number, time.Now().UnixMicro())
	// 1. Wait for a reply at most one second: SetReadDeadline.
	reply := make([]byte, 1024)
	n, err := server.Read(reply)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "bytes")
	// 3. Print the reply, and the round-trip time in seconds.
	// 4. If there is none within the second: Request timed out.
	// 5. Optional: the shortest, longest and average time, and how many percent were lost.
}
