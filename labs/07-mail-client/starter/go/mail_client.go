// A mail client. See handout.md.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"strings"
)

const (
	message = "\r\n I love computer networks!"
	end     = "\r\n.\r\n"
)

func main() {
	// 1. Choose a mail server, and connect to it.
	server, err := net.Dial("tcp", "mail.example.com:25")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	lines := bufio.NewReader(server)

	reply, err := lines.ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(reply)
	if !strings.HasPrefix(reply, "220") {
		fmt.Println("220 reply not received from server.")
	}

	// 2. Send HELO and print the reply: 250 is expected.
	// 3. Send MAIL FROM and print the reply: 250.
	// 4. Send RCPT TO and print the reply: 250.
	// 5. Send DATA and print the reply: 354.
	// 6. Send the message and its end, and print the reply: 250.
	fmt.Printf("still to be sent: %q\n", message+end)
	// 7. Send QUIT and print the reply: 221.
}
