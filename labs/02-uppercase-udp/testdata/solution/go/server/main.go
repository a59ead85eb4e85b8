// The upper-case server: each datagram goes back in capitals to where it came from.
package main

import (
	"fmt"
	"log"
	"net"
	"strings"
)

func main() {
	server, err := net.ListenPacket("udp", ":12000")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("The server is ready to receive")
	buffer := make([]byte, 65535)
	for {
		n, client, err := server.ReadFrom(buffer)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := server.WriteTo([]byte(strings.ToUpper(string(buffer[:n]))), client); err != nil {
			log.Print(err)
		}
	}
}
