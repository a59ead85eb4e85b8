// Package supervise runs servers as goroutines, starts again what fails, and
// says what is running. It is the idea of a Unix init or of an Erlang
// supervisor: a server that has met something it cannot handle dies, and a
// fresh one takes its place, while all others go on.
package supervise

import (
	"context"

	"github.com/wirebook/wirebook/netx"
)

// Server is one server of one host.
type Server interface {
	// Serve opens its own sockets on nw and serves until ctx ends. It then
	// leaves nothing behind, neither a goroutine nor a socket, and returns
	// nil. It may be called again: that is what a restart is. An error says
	// why the server could not go on; the supervisor logs it and starts
	// Serve again.
	Serve(ctx context.Context, nw netx.Network) error
}
