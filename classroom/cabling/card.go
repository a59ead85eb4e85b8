package cabling

import (
	"errors"
	"net"
)

// Card is the network card that a machine is to get.
type Card struct {
	Name string // in the machine
	MAC  net.HardwareAddr
}

// ErrUnsupported is returned on systems that are not Linux.
var ErrUnsupported = errors.New("network namespaces can be plugged together on Linux only")
