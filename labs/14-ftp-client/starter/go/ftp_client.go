// An FTP client: ftp_client get HOST FILE. See handout.md.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: ftp_client get HOST FILE")
		os.Exit(2)
	}
	control, err := net.Dial("tcp4", net.JoinHostPort(os.Args[2], "21")) // PASV and PORT know IPv4 only
	if err != nil {
		log.Fatal(err)
	}
	defer control.Close()
	// 1. Read the server's greeting: a reply may have several lines, and come in several segments.
	greeting, err := bufio.NewReader(control).ReadString('\n')
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Print(greeting)
	// 2. Log in: USER anonymous, then PASS and your mail address. Read the reply to each command, and look at its code.
	// 3. TYPE I, for files that are no text.
	// 4. PASV, and find the six numbers in the reply: where the server waits for the data connection.
	// 5. Connect there, and send RETR and the file's name on the control connection.
	// 6. Read the data connection to its end, and write the file. Then read the reply 226.
	// 7. QUIT.
}
