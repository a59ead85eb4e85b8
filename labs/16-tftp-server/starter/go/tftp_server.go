// A TFTP server. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
)

func main() {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{Port: 69})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("The server is ready")
	request := make([]byte, 516)
	for {
		// 1. Receive a request: opcode, the file's name, a zero byte, the mode, a zero byte.
		n, client, err := server.ReadFromUDP(request)
		if err != nil {
			log.Fatal(err)
		}
		serve(request[:n], client)
	}
}

func serve(request []byte, client *net.UDPAddr) {
	fmt.Println(len(request), "bytes from", client)
	// 2. Open a socket of its own for this transfer. From now on, all goes through that.
	// 3. Is there such a file? If not, send an error message: opcode 5, code 1, a text, a zero byte.
	// 4. Send a block: opcode 3, its number from 1 on, at most 512 bytes.
	// 5. Wait for its acknowledgement: opcode 4, the number. If it does not come, send the block again.
	// 6. Was that the last block? A block with less than 512 bytes is.
}
