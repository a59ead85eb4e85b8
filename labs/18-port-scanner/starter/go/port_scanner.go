// A port scanner. See handout.md.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

func main() {
	host, first, last := "localhost", 1, 100
	if len(os.Args) > 3 {
		host = os.Args[1]
		first, _ = strconv.Atoi(os.Args[2])
		last, _ = strconv.Atoi(os.Args[3])
	}
	// 4. Try each port from first to last, and print those that are open.
	fmt.Println(first, isOpen(host, first), "and so on up to", last)
}

// isOpen reports whether somebody accepts connections at the port.
func isOpen(host string, port int) bool {
	// 1. Use a dialer with a timeout: a port that says nothing must not stop you.
	// 2. What error comes if nobody listens there?
	// 3. Close the connection.
	connection, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		panic(err)
	}
	return connection != nil
}
