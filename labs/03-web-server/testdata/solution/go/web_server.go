// A web server: files of the current folder, a goroutine for each connection.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/url"
	"os"
	"path"
	"strings"
)

func main() {
	listener, err := net.Listen("tcp", ":6789")
	if err != nil {
		log.Fatal(err)
	}
	folder, err := os.OpenRoot(".")
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection, folder)
	}
}

// serve answers one request. When the client breaks off, so does it.
func serve(connection net.Conn, folder *os.Root) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	line, err := reader.ReadString('\n')
	if err != nil {
		return
	}
	for header := line; header != "\r\n"; {
		if header, err = reader.ReadString('\n'); err != nil {
			return
		}
	}
	words := strings.Fields(line)
	if len(words) != 3 || words[0] != "GET" || !send(connection, folder, words[1]) {
		respond(connection, "404 Not Found", "text/plain", 10, strings.NewReader("Not found\n"))
	}
}

// send sends the file that a target names, and reports whether there is one.
// An os.Root lets no path out of its folder.
func send(connection net.Conn, folder *os.Root, target string) bool {
	name, _, _ := strings.Cut(target, "?")
	name, err := url.PathUnescape(name)
	if err != nil {
		return false
	}
	file, err := folder.Open(strings.TrimLeft(name, "/"))
	if err != nil {
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	respond(connection, "200 OK", kind, info.Size(), file)
	return true
}

func respond(connection net.Conn, status, kind string, length int64, body io.Reader) {
	_, err := fmt.Fprintf(connection, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", status, kind, length)
	if err == nil {
		_, _ = io.Copy(connection, body)
	}
}
