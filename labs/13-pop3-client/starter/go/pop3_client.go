// A POP3 client. See handout.md.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
)

// 1. Choose a server, a user name and a password.
const (
	server   = "mail.example.com:110"
	user     = "bob"
	password = "bob"
)

func main() {
	conn, err := net.Dial("tcp", server)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	lines := bufio.NewReader(conn)
	greeting, err := lines.ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(greeting)

	// 2. Send USER and PASS, and print the answers: +OK is expected.
	fmt.Println("to log in:", user, len(password))
	// 3. Send LIST, and read its lines up to the dot.
	// 4. Send RETR for a message, read it up to the dot, and print it.
	// 5. Send QUIT, and print the answer.
}
