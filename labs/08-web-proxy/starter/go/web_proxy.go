// A web proxy with a cache. See handout.md.
package main

import (
	"fmt"
	"log"
	"net"
)

func main() {
	proxy, err := net.Listen("tcp", ":8888")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Ready to serve...")
	for {
		browser, err := proxy.Accept()
		if err != nil {
			log.Fatal(err)
		}
		serve(browser)
	}
}

func serve(browser net.Conn) {
	defer browser.Close()
	// 1. Read the request up to its blank line.
	request := make([]byte, 4096)
	if _, err := browser.Read(request); err != nil {
		return
	}
	// 2. Find the host and the path in its first line, in both of its forms.
	// 3. Is there a copy in the cache? Then send that.
	// 4. If not: connect to port 80 of the host, ask for the path, read the whole response.
	// 5. Keep a copy, and send the response to the browser.
}
