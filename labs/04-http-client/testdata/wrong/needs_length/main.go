// It reads as much as Content-Length says, and does not expect that there may be none.
// fails: no-length wrong body-not-shown
// fails: chunked wrong body-not-shown
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
)

func main() {
	connection, _ := net.Dial("tcp", "127.0.0.1:8080")
	defer connection.Close()
	fmt.Fprint(connection, "GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n")
	r := bufio.NewReader(connection)
	length := 0
	for {
		line, _ := r.ReadString('\n')
		fmt.Print(line)
		fmt.Sscanf(strings.ToLower(line), "content-length: %d", &length)
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	body := make([]byte, length)
	io.ReadFull(r, body)
	fmt.Println(string(body))
}
