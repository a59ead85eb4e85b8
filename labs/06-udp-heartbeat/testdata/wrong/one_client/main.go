// One heartbeat is none.
// fails: * wrong few
package main

import (
	"fmt"
	"net"
	"time"
)

func main() {
	server, _ := net.Dial("udp", "127.0.0.1:12000")
	fmt.Fprintf(server, "Heartbeat 1 %d", time.Now().UnixMilli())
}
