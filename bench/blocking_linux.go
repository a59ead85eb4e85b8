package main

import (
	"net"
	"os"
	"syscall"
)

// blocking is a connection whose reads wait in the kernel: a thread each, woken when
// something comes. Go's own way, to ask first and to hand the waiting to the poller,
// takes two more system calls a reply, and it is not the client that is to be measured.
// It has no deadline.
func blocking(conn *net.TCPConn) (*os.File, error) {
	file, err := conn.File() // a duplicate
	if err != nil {
		return nil, err
	}
	conn.Close()
	return file, syscall.SetNonblock(int(file.Fd()), false)
}
