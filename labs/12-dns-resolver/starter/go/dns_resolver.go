// An iterative resolver. See handout.md.
//
//	go run dns_resolver.go NAME
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"
)

const root = "198.41.0.4" // a.root-servers.net

// ask sends a query for the address of a name to a server, and returns the reply.
func ask(server, name string) ([]byte, error) {
	var query []byte
	for _, number := range []uint16{0x1234, 0, 1, 0, 0, 0} { // RD is 0: no recursion
		query = binary.BigEndian.AppendUint16(query, number)
	}
	for _, label := range strings.Split(name, ".") {
		query = append(append(query, byte(len(label))), label...)
	}
	query = append(query, 0, 0, 1, 0, 1)

	conn, err := net.Dial("udp", server+":53")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.Write(query); err != nil {
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	reply := make([]byte, 4096)
	n, err := conn.Read(reply)
	return reply[:n], err
}

func main() {
	name := "www.example.com"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	reply, err := ask(root, name)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(reply), "bytes from the root server")
	// 1. Take the reply apart: answers, authority (NS), additional (glue).
	// 2. If there is an answer of type A, print it.
	// 3. If not, it is a referral: ask a server that it names, and begin again at 1.
	// 4. A referral without glue: find the address of the name server first.
	// 5. An alias (CNAME): begin again at the root, with the other name.
}
