//go:build !linux

package guest

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// errSystem is what everything here says: a program can be moved to another
// network only where the kernel has network namespaces.
var errSystem = errors.New("guest: running a program as a host of the miniature Internet needs Linux; " +
	"here, use the gateways on 127.0.0.1 that `wirebook up` prints, or run a client inside with `wirebook exec HOST CLIENT`")

// A Guest is a program that runs as a host of the miniature Internet.
type Guest struct{}

// Main returns at once.
func Main() {}

// Supported says that guests need Linux, and what to use instead.
func Supported() error { return errSystem }

// Start fails: see [Supported].
func Start(context.Context, Config, func(*Guest, *Tap) error) (*Guest, error) { return nil, errSystem }

// Configure fails: see [Supported].
func (*Guest) Configure(Addressing) error { return errSystem }

// Wait fails: see [Supported].
func (*Guest) Wait() (Status, error) { return Status{}, errSystem }

// Sockets fails: see [Supported].
func (*Guest) Sockets() ([]Socket, error) { return nil, errSystem }

// Activity fails: see [Supported].
func (*Guest) Activity() (Activity, error) { return Activity{}, errSystem }

// Kill does nothing.
func (*Guest) Kill() {}

// Signal fails: see [Supported].
func (*Guest) Signal(syscall.Signal) error { return errSystem }

// SendTap fails: see [Supported].
func SendTap(*net.UnixConn, *Tap) error { return errSystem }

// ReceiveTap fails: see [Supported].
func ReceiveTap(*net.UnixConn) (*Tap, error) { return nil, errSystem }
