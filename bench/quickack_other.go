//go:build !linux

package main

import "net"

func acknowledgeAtOnce(net.Conn) {}
