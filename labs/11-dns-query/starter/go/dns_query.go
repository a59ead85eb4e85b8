// A DNS query by hand. See handout.md.
//
//	go run dns_query.go NAME
package main

import (
	"encoding/binary"
	"log"
	"net"
	"os"
)

const server = "8.8.8.8:53"

func main() {
	name := "www.example.com"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}

	// 1. The header: six numbers of 16 bits, in network byte order.
	var query []byte
	for _, number := range []uint16{0x1234, 0, 0, 0, 0, 0} {
		query = binary.BigEndian.AppendUint16(query, number)
	}
	// 2. The question: the name as labels, the type A, the class IN.
	log.Print("to be asked for: ", name)

	conn, err := net.Dial("udp", server)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := conn.Write(query); err != nil {
		log.Fatal(err)
	}
	// 3. Read the reply; do not wait for ever.
	// 4. Is it the reply to your query? Compare the ID.
	// 5. Take the header apart, and skip the question.
	// 6. Print the address of each answer of type A.
}
