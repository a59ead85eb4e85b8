// Dials UDP, which sends nothing and cannot fail.
// fails: * wrong nothing-tried
// fails: no-such-host pass
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	for port := 20; port < 100; port++ {
		c, err := net.Dial("udp", fmt.Sprintf("%s:%d", "scanme.example.com", port))
		if err != nil {
			fmt.Println(err)
			os.Exit(0)
		}
		fmt.Println(port, "open")
		c.Close()
	}
}
