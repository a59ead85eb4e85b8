//go:build !linux

package main

import "net"

func blocking(conn *net.TCPConn) (*net.TCPConn, error) { return conn, nil }
