// A TFTP client: tftp_client get HOST FILE. See handout.md.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: tftp_client get HOST FILE")
		os.Exit(2)
	}
	server, err := net.ResolveUDPAddr("udp4", net.JoinHostPort(os.Args[2], "69"))
	if err != nil {
		log.Fatal(err)
	}
	client, err := net.ListenUDP("udp4", nil)
	if err != nil {
		log.Fatal(err)
	}
	// 1. Send a read request to port 69: opcode 1, the file's name, a zero byte, "octet", a zero byte.
	if _, err := client.WriteToUDP(binary.BigEndian.AppendUint16(nil, 1), server); err != nil {
		log.Fatal(err)
	}
	// 2. Receive a message. From which port does it come?
	message := make([]byte, 516)
	n, from, err := client.ReadFromUDP(message)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "bytes from", from)
	// 3. Is it an error? Print it, and end.
	// 4. Is it the block that is awaited? Write its data to the file.
	// 5. Acknowledge the block, to the port that it came from.
	// 6. Was that the last block? If not, go on with 2.
}
