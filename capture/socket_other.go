//go:build !linux

package capture

import (
	"context"
	"errors"

	"github.com/wirebook/wirebook/frame"
)

// Socket is for Linux only.
type Socket struct{}

// Open fails.
func Open() (*Socket, error) {
	return nil, errors.New("capture: frames of the system's network can be seen on Linux only")
}

// Watch does nothing.
func (*Socket) Watch(int, *frame.Link, bool) {}

// Forget does nothing.
func (*Socket) Forget(int) {}

// Dropped is 0.
func (*Socket) Dropped() uint64 { return 0 }

// Close does nothing.
func (*Socket) Close() error { return nil }

// Run does nothing.
func (*Socket) Run(context.Context, frame.Tap) error { return nil }
