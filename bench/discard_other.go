//go:build !linux

package main

import (
	"io"
	"net"
)

// discard waits for what comes on conn, and drops it. n is 0 at the end.
func discard(conn net.Conn, buffer []byte) (n int, err error) {
	n, err = conn.Read(buffer)
	if err == io.EOF {
		return 0, nil
	}
	return n, err
}
