// A web client: sends a GET request, and prints the response.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: http_client server_host server_port filename")
	}
	server := net.JoinHostPort(os.Args[1], os.Args[2])
	connection, err := net.Dial("tcp", server)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	path := "/" + strings.TrimPrefix(os.Args[3], "/")
	fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, server)
	if err := show(bufio.NewReader(connection)); err != nil {
		log.Fatal(err)
	}
}

// show prints a response. Where its body ends, the header says (RFC 9112 §6.3).
func show(r *bufio.Reader) error {
	length, chunked := int64(-1), false
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		fmt.Print(line)
		if line == "\r\n" {
			break
		}
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(line)), ":")
		switch value = strings.TrimSpace(value); name {
		case "content-length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil {
				return err
			}
		case "transfer-encoding":
			chunked = value == "chunked"
		}
	}
	var err error
	switch {
	case chunked:
		err = showChunks(r)
	case length >= 0:
		_, err = io.CopyN(os.Stdout, r, length)
	default:
		_, err = io.Copy(os.Stdout, r)
	}
	return err
}

// showChunks prints a body that comes in chunks: RFC 9112 §7.1.
func showChunks(r *bufio.Reader) error {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(line), 16, 64)
		if err != nil || size == 0 {
			return err
		}
		if _, err := io.CopyN(os.Stdout, r, size); err != nil {
			return err
		}
		if _, err := r.ReadString('\n'); err != nil {
			return err
		}
	}
}
