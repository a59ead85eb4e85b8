// The receiver of the alternating-bit protocol: receiver [PORT FILE]. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
)

func main() {
	port, name := "14000", "output.bin"
	if len(os.Args) == 3 {
		port, name = os.Args[1], os.Args[2]
	}
	file, err := os.Create(name)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	link, err := net.ListenPacket("udp4", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	buffer := make([]byte, 2048)
	for {
		n, sender, err := link.ReadFrom(buffer)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(n, "bytes from", sender)
		// 1. Is it whole? Compute the checksum.
		// 2. If it is the packet that is expected, write its data, and expect the next.
		// 3. Acknowledge the last packet that came in order, whatever this one was.
		// 4. A packet without data is the end: close the file, and stay for two seconds more.
	}
}
